import { defineConfig } from 'vitest/config'

/** Against ElasticMQ, which speaks SQS: `npm run test:elasticmq`. */
export default defineConfig({
  test: {
    include: ['test/elasticmq/**/*.test.ts'],
    globalSetup: ['test/elasticmq/setup.ts'],
    testTimeout: 60_000,
  },
})
