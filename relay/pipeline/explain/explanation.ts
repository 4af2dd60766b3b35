import type { DecidedOutcome } from '../../model/outcomes.ts'
import type { Rule } from '../rule.ts'

/** A request as it would be sent, with every secret masked. */
export interface RequestPreview {
  /** The method of HTTP; `PUBLISH` for a message of NATS, `MAIL` for a mail. */
  readonly method: string
  readonly url: string
  /** Values of headers that are not known to be public are masked whole. */
  readonly headers: Readonly<Record<string, string>>
  /** The subject of a message of NATS, or of a mail. */
  readonly subject?: string
  /** The body; absent when it is no text, or when the type makes the request by itself. */
  readonly body?: string
}

/** The Provider that an Alert leads to, as far as it is there. */
export interface ProviderName {
  readonly namespace: string
  readonly name: string
  /** The type of the Provider; absent when there is no such Provider. */
  readonly type?: string
}

/** What one Alert does with an event. */
export interface AlertVerdict {
  readonly alert: { readonly namespace: string; readonly name: string }
  readonly provider?: ProviderName
  /**
   * What would become of it, as the ledger names it. `delivered`: the Alert takes the event, and it goes
   * out. `retry`: it waits for an object that is missing. `dead`: it cannot be sent. `skipped`: a rule says no.
   * `held`: a rule holds it back for a while.
   */
  readonly outcome: Exclude<DecidedOutcome, 'suppressed'> | 'held'
  /** Which rule says no; absent when the Alert takes the event. `invalid`: the Alert is not valid. */
  readonly rule?: Rule | 'invalid'
  /** The reason, for a person. */
  readonly reason: string
  /** What a person should know beside: what was cut, or is not shown here. */
  readonly notes: readonly string[]
  /** What would be sent, one after the other. */
  readonly requests: readonly RequestPreview[]
}
