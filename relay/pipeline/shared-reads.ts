/** A read that callers share. */
export interface SharedReads<T> {
  /** The result of a read that begins after this call. Rejects when that read does. */
  latest(): Promise<T>
  /** Whether a read is under way or about to begin. */
  readonly isBusy: boolean
}

/**
 * Lets all callers of about the same time share one read. A caller never gets a read that began
 * before the call: it may have missed what the caller knows to be there. At most one read is under
 * way, and one waits for it to end.
 */
export function shareReads<T>(read: () => Promise<T>): SharedReads<T> {
  let isReading = false
  let lastEnded: Promise<void> = Promise.resolve()
  let next: Promise<T> | undefined

  const begin = async () => {
    // Whoever asks from here on may know of something that this read does not see.
    next = undefined
    isReading = true
    try {
      return await read()
    } finally {
      isReading = false
    }
  }
  return {
    latest() {
      if (next) return next
      const result = lastEnded.then(begin)
      const ended = () => undefined
      lastEnded = result.then(ended, ended)
      next = result
      return result
    },
    get isBusy() {
      return isReading || next !== undefined
    },
  }
}
