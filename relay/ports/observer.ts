import type { LedgerRecord } from '../model/delivery.ts'

/** A decision about one Delivery, for logs and metrics. */
export interface Decision {
  readonly record: LedgerRecord
  /** The milliseconds from the acceptance of the event to the decision. */
  readonly latencyMs: number
}

export interface Observer {
  decided(decision: Decision): void
  /**
   * What came of a test of a Provider, for logs. It is told apart, so that whatever counts deliveries counts
   * no test.
   */
  tested?(decision: Decision): void
}
