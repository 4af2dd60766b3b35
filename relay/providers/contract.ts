import type { ZodType } from 'zod'
import type { Event } from '../model/event.ts'
import type { Identity } from '../model/kubernetes.ts'
import type { Clock } from '../ports/clock.ts'
import type { HttpResponse, OutboundRequest, TransportFailure } from '../ports/http.ts'
import type { Mailer, MailMessage } from '../ports/mail.ts'
import type { NatsMessage, NatsPublisher } from '../ports/nats.ts'
import type { AccessTokens } from './auth/access-tokens.ts'
import type { ClusterIdentities } from './auth/cluster-identities.ts'
import type { CommitPage } from './forges/commit-page.ts'
import type { NotificationMemory } from './notification-memory.ts'
import type { Thread, Threading } from './threads/threading.ts'
import type { Failure, Verdict } from './verdict.ts'

/**
 * What a type is for. It decides which events reach the type, and whether a newer notification
 * replaces an older one.
 */
export type ProviderFamily =
  | 'chat'
  | 'incident'
  | 'stream'
  | 'commit-status'
  | 'deployment'
  | 'change-request'

/** An Event merged with one Alert, on its way to one Provider. */
export interface Notification {
  readonly cluster: string
  /** The event with its final metadata: without prefixes, and merged with the Alert's keys. */
  readonly event: Event
  /**
   * The metadata keys whose text the Alert's author wrote, in `eventMetadata` or `summary`. This
   * text may contain the service's markup. All other text of the event is shown literally.
   */
  readonly authored: ReadonlySet<string>
  /**
   * The title of the rule `title`, one line, in place of the object's name; undefined without the rule.
   */
  readonly title?: string
  /** The text of the rule `text`, which is the event's message too; undefined without the rule. */
  readonly text?: string
  /**
   * The URL of the page that the notification leads to, by the rule `link`. A commit status without the rule leads
   * to its delivery in the console, if the relay knows where people see that.
   */
  readonly link?: string
  /** The page of the event's commit at its forge, if the metadata names the repository. */
  readonly commitPage?: CommitPage
  /** Whether it tells of a group of events: the object of its event is then one of many. */
  readonly ofGroup?: boolean
  /** The thread of the rule `thread`, if its type and settings have threads. */
  readonly thread?: Thread
  /**
   * The key of the rule `incident-key`, which the events of one incident share; undefined without the
   * rule. It is not empty, and has at most 1,024 characters.
   */
  readonly incidentKey?: string
  /** The labels of the rule `incident-labels`; an empty text takes a label away. */
  readonly incidentLabels?: Readonly<Record<string, string>>
  readonly alert: Identity
  readonly provider: Identity
  /**
   * The id of the delivery. It is the same for retries and replays, so that a receiver can drop
   * repeats.
   */
  readonly deliveryId: string
  /**
   * The context of a commit status, or the environment of a deployment: from `commitStatusExpr` or the
   * default. Empty for types of other families.
   */
  readonly commitStatusContext: string
  /** When this try is made, in milliseconds since the epoch. */
  readonly triedAt: number
  /**
   * Whether it is sent more than a minute after the event happened, so that its time must be shown.
   */
  readonly late: boolean
  /** Whether a newer event of its involved object is known, so that it may be out of date. */
  readonly overtaken: boolean
  /**
   * What the `memory` of its type holds while it is sent; undefined when that is empty, and where
   * nothing is sent, as in an explanation.
   */
  readonly remembered?: string
}

/** What a newer notification replaces at the destination, such as the status of one commit. */
export interface Subject {
  /** The name of the subject within the cluster. It is equal for all notifications about it. */
  readonly key: string
  /**
   * What the destination will show, if sending the same again changes nothing: a repeat is then
   * suppressed. Undefined for types in which a repeat matters.
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
   * Whether a redirect is followed within the same origin. Forges redirect to the new address of a
   * renamed repository.
   */
  readonly followsRedirects?: boolean
  /** Whether its notifications have a title, which the rule `title` can set. */
  readonly hasTitle?: boolean
  /** Whether its notifications lead to a page, which the rule `link` can set. */
  readonly hasLink?: boolean
  /** How its messages are put into threads; absent: it sends plain messages. */
  readonly threading?: Threading<S>
  /** The longest link that the service takes, in characters, if that is less than the rule allows. */
  readonly maxLinkLength?: number
  /** Whether its notifications name an incident by a key, which the rule `incident-key` can set. */
  readonly hasIncidentKey?: boolean
  /** Whether its notifications have labels, which the rule `incident-labels` can set. */
  readonly hasIncidentLabels?: boolean
  /**
   * Whether the type takes events marked `commit_status: update` although it is of another family.
   */
  readonly takesCommitStatusUpdates?: boolean
  /**
   * The notification's event, shortened to what the service accepts, or the event itself when it
   * fits. The ledger tells what was cut. `requests`, `subject` and `deliver` see the shortened
   * event only.
   */
  fit?(notification: Notification, settings: S): Event
  /**
   * The reason why this type does not take the event (as received, before the merge); undefined
   * when it does.
   */
  skips?(event: Event): string | undefined
  /**
   * Whether an event (as received) only ends what an earlier one opened at the destination, such as an
   * incident. No silence, and no rule with a memory, keeps it back. Absent for a type that ends nothing.
   */
  resolves?(event: Event): boolean
  /**
   * The reason why this type does not take the event with its final metadata (after the merge),
   * such as one that names no commit; undefined when it does. It is called before any Secret is
   * read; the delivery is skipped.
   */
  skipsMerged?(event: Event): string | undefined
  /** The subject of the notification. Throws `NotificationError` as `requests` does. */
  subject?(notification: Notification, settings: S): Subject
}

/** A type that uses plain HTTP requests. */
export interface HttpProvider<S = unknown> extends ProviderBase<S> {
  /**
   * The requests of a notification. The same input gives the same bytes. They are sent one after
   * the other, each only when the one before it was delivered. Throws `NotificationError` when the
   * type cannot express the notification, for example an event without a commit hash.
   */
  requests(notification: Notification, settings: S): readonly OutboundRequest[]
  /**
   * Fetches a credential, such as an installation token, with what the settings contain. Resolves
   * with the headers that are added to each request.
   */
  authorize?(settings: S, tryPorts: TryPorts): Promise<Authorization>
  /** Judges an answer. The default is `classifyServiceAnswer`. */
  classify?(response: HttpResponse): Verdict
  /**
   * Another form of the notification, for a destination that refused the first one with this
   * answer. It is sent once, in the same attempt, and its answer is the attempt's. Undefined when
   * there is no other form: the first answer stands. Pure, and throws, as `requests` does.
   */
  fallback?(answer: HttpResponse, notification: Notification, settings: S): Fallback | undefined
  /**
   * Finds out the cause of a failure that the answer does not tell, such as a server error for a
   * commit that does not exist. It may ask the destination. It is never called after a success.
   * With undefined the verdict stands.
   */
  findOut?(failed: FailedDelivery<S>, tryPorts: TryPorts): Promise<Verdict | undefined>
  /**
   * What the type remembers from one notification to later ones. `requests` and `fallback` see it in
   * `Notification.remembered`. It must not change how many requests there are.
   */
  readonly memory?: NotificationMemory<S>
}

/** A notification that a destination answered and refused. */
export interface FailedDelivery<S> {
  readonly notification: Notification
  readonly settings: S
  readonly answer: HttpResponse
  readonly verdict: Failure
}

/** What is sent after the destination refused the requests of the first form. */
export interface Fallback {
  /**
   * The requests of the other form: as many as `requests` made, in the same order. Those that were
   * delivered are not sent again, and nothing is sent when all are equal.
   */
  readonly requests: readonly OutboundRequest[]
  /**
   * What is different, as the ledger tells it: `sent again with _ for - in the names of labels`.
   */
  readonly note: string
}

/** The result of `authorize`. */
export type Authorization =
  | {
      readonly kind: 'authorized'
      readonly headers: Readonly<Record<string, string>>
      /** The texts that must be masked from now on. */
      readonly secrets: readonly string[]
      /** Adds what proves a request as it is sent, such as a signature over its body. */
      readonly sign?: (request: OutboundRequest) => OutboundRequest
    }
  | Failure

/** The result of a delivery by a type with its own protocol. */
export interface CustomDelivery {
  readonly verdict: Verdict
  /** The last answer, if there was one. */
  readonly response?: HttpResponse | undefined
  /** The texts that must be masked in addition to those of the settings. */
  readonly secrets?: readonly string[]
  /** What the ledger tells in addition to the verdict, such as what was cut. */
  readonly notes?: readonly string[]
}

/** A type with its own protocol. */
export interface CustomProvider<S = unknown> extends ProviderBase<S> {
  /** The host that it connects to, as `host` or `host:port`. A failing host is parked. */
  host(settings: S): string
  /**
   * Delivers a notification. Throws `NotificationError` as `requests` does; rejects when a store
   * fails.
   */
  deliver(notification: Notification, settings: S, tryPorts: TryPorts): Promise<CustomDelivery>
}

/**
 * What a type may use in one try of one delivery. Everything that it sends uses the Provider's TLS
 * and proxy, passes the address guard, and must end within what is left of its `timeout`.
 */
export interface TryPorts {
  send(request: OutboundRequest): Promise<HttpResponse | TransportFailure>
  publish(message: NatsMessage): ReturnType<NatsPublisher['publish']>
  mail(message: MailMessage): ReturnType<Mailer['send']>
  readonly clock: Pick<Clock, 'now'>
  /** The access tokens that were fetched before. */
  readonly tokens: AccessTokens
  readonly memory: DeliveryMemory
  readonly identities: ClusterIdentities
  /**
   * Whether the Provider has its own root certificates. Its author can then let others read what is
   * sent.
   */
  readonly hasOwnRoots: boolean
}

/** Short texts that the types of a cluster remember for 90 days, such as a comment's id. */
export interface DeliveryMemory {
  read(key: string): Promise<string | undefined>
  write(key: string, text: string): Promise<void>
  /**
   * Changes a text so that no change of another process is lost: `change` gets what is remembered, is called again when
   * that was changed meanwhile, and returns the new text, or undefined to leave it.
   */
  change(key: string, change: (text: string | undefined) => string | undefined): Promise<void>
}

export type ProviderType<S = unknown> = HttpProvider<S> | CustomProvider<S>

export function isHttpProvider(type: ProviderType): type is HttpProvider {
  return 'requests' in type
}

/** Declares a type. It exists for type inference only. */
export function httpProvider<S>(provider: HttpProvider<S>): HttpProvider<S> {
  return provider
}

/** Declares a type with its own protocol. It exists for type inference only. */
export function customProvider<S>(provider: CustomProvider<S>): CustomProvider<S> {
  return provider
}

/**
 * The error for a notification that this type cannot express. The delivery is dead at once, with
 * this reason.
 */
export class NotificationError extends Error {
  override readonly name = 'NotificationError'
}
