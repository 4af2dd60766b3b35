/** How long an invocation may still run. Lambda's context has this method. */
export interface RemainingTime {
  getRemainingTimeInMillis(): number
}

/** The time that is left in the current call. The calls of one container follow each other. */
export interface CallTime {
  begin(context: RemainingTime): void
  /** The milliseconds that are left, without those that are reserved. */
  timeLeftMs(): number
}

/** Makes the time of calls, of which so many milliseconds at the end are reserved. Before the first call it is unlimited. */
export function createCallTime(reservedMs = 0): CallTime {
  let current: RemainingTime | undefined
  return {
    begin(context) {
      current = context
    },
    timeLeftMs: () =>
      (current?.getRemainingTimeInMillis() ?? Number.POSITIVE_INFINITY) - reservedMs,
  }
}
