import type { ZodType } from 'zod'
import type { CloudBindings } from '../model/cloud-bindings.ts'
import type { Event } from '../model/event.ts'
import type { Identity } from '../model/kubernetes.ts'
import type { Clock } from '../ports/clock.ts'
import type { IdentityProof } from '../ports/cloud-identities.ts'
import type { HttpResponse, OutboundRequest, TransportFailure } from '../ports/http.ts'
import type { NatsMessage, NatsPublisher } from '../ports/nats.ts'
import type { AccessTokens } from './auth/access-tokens.ts'
import type { Failure, Verdict } from './verdict.ts'

/** What a type is for; it decides which events reach it and whether newer replaces older. */
export type ProviderFamily = 'chat' | 'incident' | 'stream' | 'commit-status' | 'change-request'

/** An Event merged with one Alert, on its way to one Provider. */
export interface Notification {
  readonly cluster: string
  /** The event with its final metadata: prefixes stripped, the Alert's keys merged in. */
  readonly event: Event
  /**
   * The metadata keys whose text the Alert's author wrote, by `eventMetadata` or `summary`: it may
   * hold the service's markup. All other text of the event is shown as it is, and never acts.
   */
  readonly authored: ReadonlySet<string>
  readonly alert: Identity
  readonly provider: Identity
  /** The same over retries and replays, so a receiver can drop repeats. */
  readonly deliveryId: string
  /** For commit-status types: the context, from `commitStatusExpr` or the default. */
  readonly commitStatusContext: string
  /** When this try is made, in milliseconds since the epoch. */
  readonly triedAt: number
  /** It is sent more than a minute after the event happened, so its time has to be shown. */
  readonly late: boolean
  /** A newer event of its involved object is known already, so this one may be out of date. */
  readonly overtaken: boolean
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

interface ProviderBase<S> {
  /** The value of `Provider.spec.type`. */
  readonly type: string
  readonly family: ProviderFamily
  /** Reads the settings from a `SettingsInput`; secret fields are marked `sensitive`. */
  readonly settings: ZodType<S>
  /**
   * True for forges: a renamed repository is asked for where the forge says that it is now, as long as
   * that is the same origin.
   */
  readonly followsRedirects?: boolean
  /** True for types that take events marked `commit_status: update` though not of that family. */
  readonly takesCommitStatusUpdates?: boolean
  /**
   * The notification's event, shortened to what the service takes; the event itself when it fits.
   * What is cut here is told in the ledger. `requests`, `subject` and `deliver` see the shortened
   * event only.
   */
  fit?(notification: Notification, settings: S): Event
  /** Why this type does not take the event (as received, before the merge); undefined: it does. */
  skips?(event: Event): string | undefined
  /**
   * Why the event with its final metadata (after the merge) is none for this type, such as one that
   * names no commit; undefined: it is one. Asked before any Secret is read; the delivery is skipped.
   */
  skipsMerged?(event: Event): string | undefined
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
  /**
   * Fetches a credential that the settings only lead to, such as an installation token: the headers
   * that each request gets beside its own.
   */
  authorize?(settings: S, tryPorts: TryPorts): Promise<Authorization>
  /** Judges an answer. Default: `classifyServiceAnswer`. */
  classify?(response: HttpResponse): Verdict
  /**
   * Another form of the notification, for a destination that refused the first one with this answer.
   * It is sent once, in the same attempt, and its answer is the attempt's. Undefined: there is no
   * other form, and the first answer stands. Pure, and throws, like `requests`.
   */
  fallback?(answer: HttpResponse, notification: Notification, settings: S): Fallback | undefined
  /**
   * Finds out what is behind a failure that the answer does not tell, such as a server error for a
   * commit that is not there; it may ask the destination. Never called after a success. Undefined:
   * the verdict stands, as it does when nothing can be found out.
   */
  findOut?(failed: FailedDelivery<S>, tryPorts: TryPorts): Promise<Verdict | undefined>
}

/** A notification that a destination answered, and did not take. */
export interface FailedDelivery<S> {
  readonly notification: Notification
  readonly settings: S
  readonly answer: HttpResponse
  readonly verdict: Failure
}

/** What is sent after the destination refused the requests of the first form. */
export interface Fallback {
  /**
   * As many as `requests` made, in the same order: those that were delivered already are not sent
   * again. Equal requests are not sent either.
   */
  readonly requests: readonly OutboundRequest[]
  /** What is different, for the ledger: `sent again with _ for - in the names of labels`. */
  readonly note: string
}

/** What `authorize` comes to. */
export type Authorization =
  | {
      readonly kind: 'authorized'
      readonly headers: Readonly<Record<string, string>>
      /** What must be masked from now on. */
      readonly secrets: readonly string[]
    }
  | Failure

/** What became of a delivery of a type with a protocol of its own. */
export interface CustomDelivery {
  readonly verdict: Verdict
  /** The last answer, when there was one. */
  readonly response?: HttpResponse | undefined
  /** What must be masked beside the settings. */
  readonly secrets?: readonly string[]
  /** What the ledger tells beside the verdict, such as what was cut. */
  readonly notes?: readonly string[]
}

/** A type with a protocol of its own. */
export interface CustomProvider<S = unknown> extends ProviderBase<S> {
  /** `host:port`, or the host, that it speaks to: failing ones are parked by it. */
  host(settings: S): string
  /** Throws `NotificationError` like `requests`; rejects when a store fails. */
  deliver(notification: Notification, settings: S, tryPorts: TryPorts): Promise<CustomDelivery>
}

/**
 * What a type may use in one try of one delivery. All that it sends goes the Provider's way: with
 * its TLS and proxy, through the address guard, within what is left of its `timeout`.
 */
export interface TryPorts {
  send(request: OutboundRequest): Promise<HttpResponse | TransportFailure>
  publish(message: NatsMessage): ReturnType<NatsPublisher['publish']>
  readonly clock: Pick<Clock, 'now'>
  /** Access tokens that were fetched before. */
  readonly tokens: AccessTokens
  readonly memory: DeliveryMemory
  readonly identities: ClusterIdentities
  /** Whether the Provider names its own roots of trust: then it can let others read what is sent. */
  readonly hasOwnRoots: boolean
}

/** Who the relay is at other clouds, for the one cluster of a delivery. */
export interface ClusterIdentities {
  readonly cluster: string
  /** Rejects with `InvalidSecret` for a binding of another form. */
  bindings(): Promise<CloudBindings | undefined>
  /** A JWT that proves to this audience who the relay is. */
  token(audience: string): Promise<IdentityProof>
}

/** Short texts that the types of a cluster remember for 90 days, such as a comment's id. */
export interface DeliveryMemory {
  read(key: string): Promise<string | undefined>
  write(key: string, text: string): Promise<void>
}

export type ProviderType<S = unknown> = HttpProvider<S> | CustomProvider<S>

export function isHttpProvider(type: ProviderType): type is HttpProvider {
  return 'requests' in type
}

/** Declares a type; it only helps inference. */
export function httpProvider<S>(provider: HttpProvider<S>): HttpProvider<S> {
  return provider
}

/** Declares a type with a protocol of its own; it only helps inference. */
export function customProvider<S>(provider: CustomProvider<S>): CustomProvider<S> {
  return provider
}

/** A notification that this type cannot express: that delivery is dead at once, with this reason. */
export class NotificationError extends Error {
  override readonly name = 'NotificationError'
}
