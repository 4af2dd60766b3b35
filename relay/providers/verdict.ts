/** The result of one request, judged before any of it is turned into text. */
export type Verdict =
  | { readonly kind: 'delivered'; readonly reason?: string }
  /** Another try may succeed. */
  | {
      readonly kind: 'retry'
      readonly reason: string
      /** The earliest time of the next try, in milliseconds from now. */
      readonly retryAfterMs?: number
      /**
       * Whether the destination may have acted on it: `no`, `unknown` (it answered with an error of
       * its own), `in-flight` (no answer; it may still act on it later), or `partly` (it works, and took
       * it for some of the recipients).
       */
      readonly applied: 'no' | 'unknown' | 'in-flight' | 'partly'
    }
  /**
   * The credential was not accepted. The Secret is read again for one more try; after that it
   * counts as `rejected`.
   */
  | { readonly kind: 'unauthorized'; readonly reason: string }
  /** No try of this notification can succeed. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /**
   * The destination does not know what the notification is about, such as a commit that a mirror
   * does not have yet. It is tried again while the event is young, and then `rejected`.
   */
  | { readonly kind: 'absent'; readonly reason: string }

/** Any verdict but a success. */
export type Failure = Exclude<Verdict, { readonly kind: 'delivered' }>
