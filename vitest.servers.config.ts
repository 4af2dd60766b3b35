import { defineConfig } from 'vitest/config'

/** Provider types against the services that they are for: `npm run test:servers`. */
export default defineConfig({
  test: {
    include: ['test/servers/**/*.test.ts'],
    globalSetup: ['test/servers/setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
