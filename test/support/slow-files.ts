/** The test files that take the most CPU time or wait longest, the slowest first. */
export const SLOW_FILES: readonly string[] = [
  'test/hosts/shipper/ship.test.ts',
  'test/functions/bundled.test.ts',
  'test/crash/crash.test.ts',
  'test/redaction/answers.test.ts',
  'test/functions/faults/stores.test.ts',
  'test/hosts/shipper/kubernetes/ship.test.ts',
  'test/functions/faults/duplicates.test.ts',
  'test/functions/faults/queues.test.ts',
  'test/functions/deliveries-widget.test.ts',
  'test/functions/delivery.test.ts',
  'test/relay/providers/schemas.test.ts',
  'test/hosts/shipper/secrets.test.ts',
  'test/hosts/shipper/isolation.test.ts',
]
