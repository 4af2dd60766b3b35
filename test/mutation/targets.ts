/** A folder of sources, and the tests that are expected to notice a fault in it. */
export interface Target {
  readonly folder: string
  /** Globs of test files that need nothing but this process. */
  readonly tests: readonly string[]
  readonly without?: readonly string[]
}

export const TARGETS: readonly Target[] = [
  {
    folder: 'relay/pipeline',
    tests: ['test/relay/*.test.ts', 'test/relay/pipeline/*.test.ts'],
    without: ['ledger-invariant', 'interleavings', 'waiting', 'bad-input'],
  },
  ...['destinations', 'episodes', 'explain', 'groups', 'rules', 'self', 'silences'].map((part) => ({
    folder: `relay/pipeline/${part}`,
    tests: [`test/relay/pipeline/${part}/*.test.ts`],
  })),
  { folder: 'adapters/sqlite', tests: ['test/adapters/sqlite/*.test.ts'] },
  { folder: 'adapters/http', tests: ['test/adapters/http/*.test.ts'] },
  { folder: 'adapters/aws', tests: ['test/adapters/aws/*.test.ts'] },
  {
    folder: 'adapters/nats',
    tests: ['test/adapters/nats/*.test.ts', 'test/relay/providers/nats*.test.ts'],
  },
  {
    folder: 'hosts/shipper/send',
    tests: ['test/hosts/shipper/*.test.ts', 'test/hosts/shipper/kubernetes/config.test.ts'],
    without: ['kill', 'gone-spool', 'later-events', 'ship', 'full-disk', 'intake'],
  },
  {
    folder: 'client',
    tests: ['test/client/**/*.test.ts', 'test/hosts/shipper/*.test.ts', 'test/cli/*.test.ts'],
    without: ['kill', 'gone-spool', 'later-events', 'ship', 'full-disk', 'intake', 'watch'],
  },
  {
    folder: 'hosts/shipper/spool',
    tests: ['test/hosts/shipper/*.test.ts'],
    without: ['kill', 'gone-spool', 'later-events', 'ship', 'full-disk', 'intake'],
  },
]
