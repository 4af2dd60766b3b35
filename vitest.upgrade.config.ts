import { defineConfig } from 'vitest/config'

/** An earlier release and this one side by side: `npm run test:upgrade`. */
export default defineConfig({
  test: {
    include: ['test/upgrade/**/*.test.ts'],
    // Retries are due when SQS says, half a minute later and more.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
