import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    // Most of the time goes by waiting, in the end-to-end tests, so no core is left for others.
    maxWorkers: '100%',
  },
})
