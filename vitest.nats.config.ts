import { defineConfig } from 'vitest/config'

/** Against a real nats-server: `npm run test:nats`. */
export default defineConfig({
  test: {
    include: ['test/nats/**/*.test.ts'],
    globalSetup: ['test/nats/setup.ts'],
    testTimeout: 60_000,
  },
})
