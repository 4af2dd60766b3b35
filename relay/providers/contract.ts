import type { ZodType } from 'zod'
import type { Event } from '../model/event.ts'
import type { Identity } from '../model/kubernetes.ts'
import type { HttpResponse, OutboundRequest, Ports } from '../ports.ts'

/** What a type is for; it decides which events reach it and whether newer replaces older. */
export type ProviderFamily = 'chat' | 'incident' | 'stream' | 'commit-status' | 'change-request'

/** An Event merged with one Alert, on its way to one Provider. */
export interface Notification {
  readonly cluster: string
  /** The event with its final metadata: prefixes stripped, the Alert's keys merged in. */
  readonly event: Event
  readonly alert: Identity
  readonly provider: Identity
  /** The same over retries and replays, so a receiver can drop repeats. */
  readonly deliveryId: string
  /** For commit-status types: the context, from `commitStatusExpr` or the default. */
  readonly commitStatusContext: string
}

/** What a newer notification replaces at the destination, such as one commit's status. */
export interface Subject {
  /** Names the thing within the cluster; equal for every notification about it. */
  readonly key: string
  /**
   * What the destination will show, when sending the same again would change nothing;
   * such a repeat is suppressed. Undefined for types where a repeat matters.
   */
  readonly shows?: string
}

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

interface ProviderBase<S> {
  /** The value of `Provider.spec.type`. */
  readonly type: string
  readonly family: ProviderFamily
  /** Reads the settings from a `SettingsInput`; secret fields are marked `sensitive`. */
  readonly settings: ZodType<S>
  /** True for types that take events marked `commit_status: update` though not of that family. */
  readonly takesCommitStatusUpdates?: boolean
  /** Why this type does not take the event (as received, before the merge); undefined: it does. */
  skips?(event: Event): string | undefined
  /** What a newer notification replaces. Throws `NotificationError` like `requests`. */
  subject?(notification: Notification, settings: S): Subject
}

/** A type that is spoken to in plain HTTP requests. */
export interface HttpProvider<S = unknown> extends ProviderBase<S> {
  /**
   * Pure: the same input gives the same bytes. Requests are sent one after the other, each only
   * when the one before was delivered. Throws `NotificationError` when the notification cannot be
   * put into this type's form, for example an event without a commit hash.
   */
  requests(notification: Notification, settings: S): readonly OutboundRequest[]
  /** Judges an answer. Default: `classifyStatus`. */
  classify?(response: HttpResponse): Verdict
}

/** A type with a protocol of its own. */
export interface CustomProvider<S = unknown> extends ProviderBase<S> {
  deliver(notification: Notification, settings: S, ports: Ports): Promise<Verdict>
}

export type ProviderType<S = unknown> = HttpProvider<S> | CustomProvider<S>

export function isHttpProvider(type: ProviderType): type is HttpProvider {
  return 'requests' in type
}

/** Declares a type; it only helps inference. */
export function httpProvider<S>(provider: HttpProvider<S>): HttpProvider<S> {
  return provider
}

/** A notification that this type cannot express: that delivery is dead at once, with this reason. */
export class NotificationError extends Error {
  override readonly name = 'NotificationError'
}
