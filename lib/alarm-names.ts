import { FUNCTION_NAMES, type FunctionName } from './function-names.ts'

/** The alarms of a deployment, by the names that its settings know them by. */
export const ALARM_NAMES = [
  'DeadDeliveries',
  'FailureRatio',
  'OldestOpen',
  'SilentClusters',
  'Refusals',
  'Failures',
  'FoundOverdue',
  'EventsDeadLetters',
  'RetriesDeadLetters',
  'OldestEvent',
  'OldestRetry',
  'ApiErrors',
  'RecursionDropped',
  ...FUNCTION_NAMES.map((name) => `Errors-${name}` as const),
  ...FUNCTION_NAMES.map((name) => `Throttles-${name}` as const),
] as const
export type AlarmName = (typeof ALARM_NAMES)[number]

/** The same threshold for the alarm of each function. */
function ofEachFunction<Kind extends string>(kind: Kind, threshold: number) {
  return Object.fromEntries(FUNCTION_NAMES.map((name) => [`${kind}-${name}`, threshold])) as Record<
    `${Kind}-${FunctionName}`,
    number
  >
}

/** What each alarm sounds above, unless the settings say otherwise. Percent, or a number, or seconds. */
export const ALARM_THRESHOLDS: Readonly<Record<AlarmName, number>> = {
  DeadDeliveries: 0,
  FailureRatio: 5,
  OldestOpen: 300,
  SilentClusters: 0,
  Refusals: 0,
  Failures: 0,
  FoundOverdue: 0,
  EventsDeadLetters: 0,
  RetriesDeadLetters: 0,
  OldestEvent: 300,
  // The age of a retry counts its delay, of up to 15 minutes.
  OldestRetry: 1_200,
  ApiErrors: 5,
  RecursionDropped: 0,
  ...ofEachFunction('Errors', 0),
  ...ofEachFunction('Throttles', 0),
}
