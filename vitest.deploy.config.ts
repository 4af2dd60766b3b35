import { defineConfig } from 'vitest/config'

/** What installs and watches the relay, by the programs that read it: `npm run test:deploy`. */
export default defineConfig({
  test: {
    include: ['test/deployed/**/*.test.ts'],
    globalSetup: ['test/deployed/setup.ts'],
    testTimeout: 180_000,
  },
})
