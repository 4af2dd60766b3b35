import { defineConfig } from 'vitest/config'

/** What the default suite does with a share of all combinations, with all: `npm run test:full`. */
export default defineConfig({
  test: {
    include: [
      'test/redaction/{answers,failures,process}.test.ts',
      'test/functions/faults/{random,stores}.test.ts',
      'test/fuzz/{classify,deliver,responses}.test.ts',
      'test/crash/crash.test.ts',
      'test/e2e/{crash,robustness}.test.ts',
      'test/hosts/embedded/single-event.test.ts',
      'test/hosts/embedded/manifests/problems.test.ts',
      'test/relay/api/body.test.ts',
      'test/relay/pipeline/destinations/interleaving.test.ts',
      'test/relay/pipeline/groups/crashes.test.ts',
      'test/relay/providers/schemas.test.ts',
      'test/stacks/nag.test.ts',
      'test/weeks/weeks.test.ts',
    ],
    env: { FLUX_RELAY_FULL_SIZE: '1' },
    globalSetup: 'test/support/bundle-programs.ts',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
