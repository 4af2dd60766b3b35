import type { Log } from './log.ts'

/** Where a function tells of what failed in it without making the call fail. */
export interface FailureReports {
  readonly log: Log
  /** Counts it: Lambda's own metric counts failed calls only. */
  readonly onFailed: () => void
}
