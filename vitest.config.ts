import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'
import { COVERAGE_FLOORS } from './test/support/coverage-floors.ts'
import { SlowFilesFirst } from './test/support/slow-files-first.ts'

/**
 * Tests that leave nothing changed in their process share its modules, which halves the time of the
 * suite. That of credentials replaces a module of Node's.
 */
const SHARING =
  'test/{adapters,bench,cli,client,console,contract,crash,deploy,docs,e2e,functions,fuzz,hosts,redaction,relay,release,stacks,weeks}/**/!(credentials).test.ts'

export default defineConfig({
  test: {
    // They only end what hangs: on a machine that others use too, all takes many times as long.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A snapshot that is missing is a failure: only `-u` writes one.
    update: 'none',
    env: {
      // Programs that tests start take half the time when what they are made of is compiled already.
      NODE_COMPILE_CACHE: resolve(import.meta.dirname, 'node_modules/.cache/compiled'),
      // Whom this machine trusts is nothing to the tests, and hundreds of roots take time to read.
      SSL_CERT_FILE: '',
      SSL_CERT_DIR: '',
    },
    globalSetup: 'test/support/bundle-programs.ts',
    setupFiles: [
      'test/support/threads-own-room.ts',
      'test/support/keep-compiled.ts',
      'test/support/real-timers.ts',
    ],
    sequence: { sequencer: SlowFilesFirst },
    // With --coverage only, as `npm run test:coverage` and CI have it.
    coverage: {
      provider: 'v8',
      include: Object.keys(COVERAGE_FLOORS).map((folder) => `${folder}/*.ts`),
      exclude: ['**/*.d.ts'],
      reporter: ['json-summary'],
      thresholds: COVERAGE_FLOORS,
    },
    // Most of what tests make is garbage at once. With this much room (MiB) for young objects far less of it
    // is copied: test/relay/pipeline took 56 s of CPU time with Node's defaults, and 50 s with this.
    execArgv: ['--min-semi-space-size=32', '--max-semi-space-size=64'],
    // The end-to-end tests wait most of their time, so there are more workers than cores.
    maxWorkers: availableParallelism() + 2,
    projects: [
      { extends: true, test: { name: 'sharing', include: [SHARING], isolate: false } },
      {
        extends: true,
        test: {
          name: 'isolated',
          include: ['test/**/*.test.ts'],
          // These need programs from outside, or minutes: `npm run test:console`, `test:nats`, `test:servers`, `test:upgrade`, `test:flux`, `test:elasticmq`, `test:openapi`, `test:package`, `test:deploy`.
          exclude: [
            ...configDefaults.exclude,
            SHARING,
            ...[
              'test/browser/**',
              'test/nats/**',
              'test/servers/**',
              'test/upgrade/**',
              'test/flux/**',
              'test/elasticmq/**',
              'test/openapi/**',
              'test/package/**',
              'test/deployed/**',
            ],
          ],
        },
      },
    ],
  },
})
