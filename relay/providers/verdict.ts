/** What became of one request, judged before any of it is turned into text. */
export type Verdict =
  | { readonly kind: 'delivered'; readonly reason?: string }
  /** Worth another try. */
  | {
      readonly kind: 'retry'
      readonly reason: string
      /** Not sooner than this. */
      readonly retryAfterMs?: number
      /**
       * Whether the destination acted on it all the same: `no`, `unknown` (it answered, with an
       * error of its own), or `in-flight` (no answer; it may act on it later still).
       */
      readonly applied: 'no' | 'unknown' | 'in-flight'
    }
  /** The credential was not taken: one more try with the Secret read anew, then `rejected`. */
  | { readonly kind: 'unauthorized'; readonly reason: string }
  /** No try of this notification can succeed. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /**
   * The destination does not know what the notification is about, such as a commit that a mirror does
   * not have yet: it is tried again while the event is young, and then `rejected`.
   */
  | { readonly kind: 'absent'; readonly reason: string }

/** Anything but a success. */
export type Failure = Exclude<Verdict, { readonly kind: 'delivered' }>
