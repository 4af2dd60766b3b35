import { defineConfig } from 'vitest/config'

/** Expressions, patterns and manifests beside the programs whose meaning they have: `npm run test:flux`. */
export default defineConfig({
  test: {
    include: ['test/flux/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
})
