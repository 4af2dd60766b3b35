import type { HttpClient } from './http-port.ts'
import type { CloudBindings } from './model/cloud-bindings.ts'
import type { ConfigSnapshot } from './model/config.ts'
import type {
  AcceptedEvent,
  EventOrder,
  LedgerRecord,
  ListedRecord,
  Outcome,
  RetryMessage,
} from './model/delivery.ts'
import type { SecretData, StoredSecret } from './model/secret.ts'
import type { NatsPublisher } from './nats-port.ts'

export type {
  ConnectionOptions,
  HttpClient,
  HttpResponse,
  OutboundRequest,
  TlsOptions,
  TransportFailure,
  TransportFailureCause,
  TransportOptions,
} from './http-port.ts'
export type {
  NatsCredentials,
  NatsMessage,
  NatsPublished,
  NatsPublisher,
  NatsRefusal,
} from './nats-port.ts'

export type {
  MessageCounts,
  MessageKind,
  Quarantine,
  SetAsideMessage,
  SetAsidePage,
  SetAsideReason,
} from './quarantine-port.ts'

/**
 * What the core needs of its host. Every method rejects when the infrastructure behind it fails;
 * a rejection is never an answer, and whoever called puts the work back.
 */
export interface Ports {
  readonly queue: Queue
  readonly configs: ConfigStore
  readonly secrets: SecretStore
  readonly identities: CloudIdentities
  readonly state: StateStore
  readonly ledger: Ledger
  readonly http: HttpClient
  readonly nats: NatsPublisher
  readonly clock: Clock
  readonly orderTimes: OrderTimes
  readonly observer: Observer
}

export interface Clock {
  /** Milliseconds since the epoch: for what is stored, shown or compared with others. It may be set. */
  now(): number
  /**
   * Whole milliseconds since some moment before this process did anything. It goes on evenly whatever
   * the clock is set to, so each duration within a process is measured by it.
   */
  elapsed(): number
  /** A number in [0, 1), for jitter. */
  random(): number
}

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

/** Takes accepted events and retries; how they come out again is the host's. */
export interface Queue {
  /**
   * Durable once it resolves, in the order given. An event whose id was sent within the last five
   * minutes at least is not queued again; a queue that does not tell says `queued` of it. One that
   * is `too-large` for the queue is not queued, now or ever; the others are.
   */
  send(events: readonly AcceptedEvent[]): Promise<readonly SendResult[]>
  /** Queues each message for its `dueAt`. The same message twice is harmless. */
  sendRetries(messages: readonly RetryMessage[]): Promise<void>
  /**
   * Queues messages that most likely are queued already. A queue that cannot tell brings them later
   * than that, so that they find the work done and not under way.
   */
  resendRetries(messages: readonly RetryMessage[]): Promise<void>
}
export type SendResult = 'queued' | 'duplicate' | 'too-large'

export interface ConfigStore {
  /** The cluster's set, `'unchanged'` when it still is `knownRevision`, undefined without one. */
  read(cluster: string, knownRevision?: string): Promise<ConfigSnapshot | 'unchanged' | undefined>
  /** Replaces the cluster's set in one step, unless the stored one was taken later. */
  replace(snapshot: ConfigSnapshot): Promise<'replaced' | 'stale'>
}

/** A Secret that is there but has not the form of one, which only a person can mend. */
export class InvalidSecret extends Error {
  override readonly name = 'InvalidSecret'
}

export interface SecretStore {
  /**
   * The Secret's decoded keys with their version; undefined without one. `fresh` reads past every
   * cache. Rejects with `InvalidSecret` for one that holds no keys and texts; its message shows nothing
   * of the content.
   */
  read(
    cluster: string,
    namespace: string,
    name: string,
    options?: { readonly fresh?: boolean },
  ): Promise<StoredSecret | undefined>
}

/** Keeps the Secrets that a person puts. */
export interface SecretWriter {
  /** Stores the Secret in the place of what was there, if anything. Durable once it resolves. */
  write(cluster: string, namespace: string, name: string, data: SecretData): Promise<void>
}

/** What comes of asking for a proof of who the relay is. */
export type IdentityProof =
  | { readonly kind: 'token'; readonly token: string }
  /** A person has to allow it, or to switch it on. The reason shows no secret. */
  | { readonly kind: 'refused'; readonly reason: string }

/** Who the relay is at clouds other than its own: bound per cluster, by whoever deploys it. */
export interface CloudIdentities {
  /**
   * What the cluster is bound to; undefined without a binding. `fresh` reads past every cache.
   * Rejects with `InvalidSecret` for one of another form.
   */
  bindings(
    cluster: string,
    options?: { readonly fresh?: boolean },
  ): Promise<CloudBindings | undefined>
  /** A JWT that proves to this audience who the relay is, for the next minutes. */
  token(audience: string): Promise<IdentityProof>
}

/** A value with the version that a conditional write names. */
export interface Versioned<T> {
  readonly value: T
  readonly version: number
}

/** What a conditional write expects to find: a version, or nothing. */
export type ExpectedVersion = number | 'absent'

/** Small JSON values under keys that start with the cluster, changed by compare-and-set only. */
export interface StateStore {
  read(key: string): Promise<Versioned<unknown> | undefined>
  /**
   * Stores the value when the item is as expected, with the version after (1 when it was absent).
   * False, and nothing changed, when it is not. An expired item counts as absent. The value belongs to
   * the store from then on: nobody changes it.
   */
  write(
    key: string,
    value: unknown,
    expected: ExpectedVersion,
    expiresAt: number,
    options?: StateWriteOptions,
  ): Promise<boolean>
}

export interface StateWriteOptions {
  /**
   * The item need not be durable before what is written next to any store of this host: it is durable
   * with that, or soon after when nothing comes. A host without transactions stores it at once.
   */
  readonly withNext?: boolean
}

/** Which records to list; every given part must fit. Times are milliseconds since the epoch. */
export interface LedgerFilter {
  readonly cluster?: string
  /** `namespace/name`. */
  readonly alert?: string
  /** `namespace/name`. */
  readonly provider?: string
  /** `Kind/namespace/name`. */
  readonly object?: string
  readonly outcome?: Outcome
  /** Accepted at or after. */
  readonly since?: number
  /** Accepted before. */
  readonly until?: number
}

export interface LedgerPage {
  /** Latest first. */
  readonly records: readonly ListedRecord[]
  /** Opaque; absent on the last page. */
  readonly nextCursor?: string
}

export interface LedgerWrite {
  readonly record: LedgerRecord
  readonly expected: ExpectedVersion
}

/** A cursor that no `list` of this filter gave out: cut, changed, or another filter's. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor'
}

export interface ReadOptions {
  /** What was stored within the last moment may be missing, or as it was before. It costs less on some hosts. */
  readonly mayLag?: boolean
}

/** The record of every Delivery, changed by compare-and-set only. */
export interface Ledger {
  /**
   * The records that exist, in no order. Rejects with `DamagedRecord` or `LaterVersion` when one of
   * them cannot be read.
   */
  readMany(
    ids: readonly string[],
    options?: ReadOptions,
  ): Promise<ReadonlyArray<Versioned<LedgerRecord>>>
  /**
   * Throws while it is known that nothing new can be stored, such as on a full disk: nothing is sent then,
   * for its outcome could not be kept, and it would be sent again and again. A host that cannot know
   * never throws.
   */
  assertWritable(): void
  /** Each write alone: true when stored, false when the record was not as expected. */
  writeMany(writes: readonly LedgerWrite[]): Promise<readonly boolean[]>
  /** One record as `list` shows it; undefined without one. What cannot be read is a row that says so. */
  show(id: string): Promise<ListedRecord | undefined>
  /** `cursor` is a `nextCursor` of the same filter; anything else throws `InvalidCursor`. */
  list(filter: LedgerFilter, limit: number, cursor?: string): Promise<LedgerPage>
}

/** Where a Delivery stands among those that wait for its destination. */
export interface PlaceInLine {
  readonly order: EventOrder
  readonly id: string
}

/** A Delivery whose record waits for its destination. */
export interface WaitingDelivery extends PlaceInLine {
  /** Its record's, by which a message of it is stale. */
  readonly attempt: number
}

/** Finds what waits for a destination, in a store that one process has for itself. */
export interface WaitingLines {
  /** The keys of the destinations for which something waits. */
  destinations(): Promise<readonly string[]>
  /** The first of those that wait for a destination, after a place if one is given, in their order. */
  page(
    destination: string,
    after: PlaceInLine | undefined,
    limit: number,
  ): Promise<readonly WaitingDelivery[]>
}

/** Most bytes of an answer that are read, for a request that asks for no more. */
export const MAX_RESPONSE_BYTES = 20_480

/** A decision about one Delivery, for logs and metrics. */
export interface Decision {
  readonly record: LedgerRecord
  /** From the acceptance of the event to the decision. */
  readonly latencyMs: number
}

export interface Observer {
  decided(decision: Decision): void
}
