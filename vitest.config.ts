import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    // The end-to-end tests wait most of their time, so there are more workers than cores.
    maxWorkers: availableParallelism() + 1,
  },
})
