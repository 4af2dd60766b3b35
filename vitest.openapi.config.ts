import { defineConfig } from 'vitest/config'

/** openapi.json before a public linter and a public generator of clients: `npm run test:openapi`. */
export default defineConfig({
  test: {
    include: ['test/openapi/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
