import type { FunctionName } from './bundle.ts'

const FUNCTIONS = [
  'ingest',
  'dispatch',
  'reconcile-config',
  'deliveries-widget',
] as const satisfies readonly FunctionName[]

/** The alarms of a deployment, by the names that its settings know them by. */
export const ALARM_NAMES = [
  'DeadDeliveries',
  'FailureRatio',
  'OldestOpen',
  'SilentClusters',
  'Refusals',
  'Failures',
  'EventsDeadLetters',
  'RetriesDeadLetters',
  'OldestEvent',
  'OldestRetry',
  'ApiErrors',
  'RecursionDropped',
  ...FUNCTIONS.map((name) => `Errors-${name}` as const),
  ...FUNCTIONS.map((name) => `Throttles-${name}` as const),
] as const
export type AlarmName = (typeof ALARM_NAMES)[number]
