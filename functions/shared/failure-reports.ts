import type { Log } from './log.ts'

/** Where a function reports failures that do not make the call fail. */
export interface FailureReports {
  readonly log: Log
  /** Counts a failure. Lambda's own metric counts failed calls only. */
  readonly onFailed: () => void
}
