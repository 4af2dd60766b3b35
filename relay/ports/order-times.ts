/**
 * Gives accepted events their order times. The host tells `createOrderTimes` the latest order time
 * of before, so that a clock which was set back while the relay was down does no harm.
 */
export interface OrderTimes {
  /** The order time of the next event. All times are milliseconds since the epoch. */
  next(event: {
    readonly cluster: string
    /** The time of the event by its sender's clock. */
    readonly eventTime: number
    readonly now: number
  }): number
}
