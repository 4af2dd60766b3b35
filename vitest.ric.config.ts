import { defineConfig } from 'vitest/config'

/** Under Lambda's runtime client: `npm run test:ric`. */
export default defineConfig({ test: { include: ['test/ric/*.smoke.ts'], testTimeout: 60_000 } })
