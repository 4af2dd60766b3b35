import { defineConfig } from 'vitest/config'

/** The console in a real Chromium: `npm run test:console`. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    globalSetup: ['test/browser/setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A browser of its own for each file is memory for nothing.
    fileParallelism: false,
  },
})
