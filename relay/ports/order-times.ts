/**
 * Says where accepted events stand in time. The host tells `createOrderTimes` what the latest such
 * time was, so that a clock which was set back while the relay was down does no harm.
 */
export interface OrderTimes {
  /** All times are milliseconds since the epoch. */
  next(event: {
    readonly cluster: string
    /** When the event happened, by its sender's clock. */
    readonly eventTime: number
    readonly now: number
  }): number
}
