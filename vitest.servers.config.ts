import { defineConfig } from 'vitest/config'

/** Provider types against the services that they are for: `npm run test:servers`. */
export default defineConfig({
  test: {
    include: ['test/servers/**/*.test.ts'],
    globalSetup: ['test/servers/setup.ts'],
    // A server of Python starts in ten seconds, and in forty where the machine is busy.
    testTimeout: 180_000,
  },
})
