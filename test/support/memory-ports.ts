import { isListedBy } from '../../relay/api/delivery-match.ts'
import type { ConfigSnapshot } from '../../relay/model/config.ts'
import { isTest, type LedgerRecord, type ListedRecord } from '../../relay/model/delivery.ts'
import { FLEET } from '../../relay/model/fleet.ts'
import type { AcceptedEvent, RetryMessage } from '../../relay/model/queue-messages.ts'
import { type SecretData, storedSecret, type VersionedSecret } from '../../relay/model/secret.ts'
import { createOrderTimes } from '../../relay/pipeline/order.ts'
import type { ClusterModes } from '../../relay/ports/cluster-modes.ts'
import type { ConfigHistory } from '../../relay/ports/config-history.ts'
import type { ConfigStore } from '../../relay/ports/config-store.ts'
import {
  InvalidCursor,
  type Ledger,
  type LedgerFilter,
  type LedgerPage,
  type LedgerWrite,
} from '../../relay/ports/ledger.ts'
import { NO_CLOUD_IDENTITIES } from '../../relay/ports/no-cloud-identities.ts'
import type { Decision } from '../../relay/ports/observer.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import type {
  MessageCounts,
  Quarantine,
  SetAsideMessage,
  SetAsidePage,
} from '../../relay/ports/quarantine.ts'
import type { Queue, SendResult } from '../../relay/ports/queue.ts'
import type { SecretStore, SecretWriter } from '../../relay/ports/secret-store.ts'
import type { StateStore } from '../../relay/ports/state-store.ts'
import type { ExpectedVersion, Versioned } from '../../relay/ports/versioned.ts'
import { ManualClock } from './manual-clock.ts'

/** Ports in memory, as the types that tests can look into. */
export interface MemoryPorts extends Ports {
  readonly queue: MemoryQueue
  readonly configs: MemoryConfigStore
  readonly modes: MemoryModes
  readonly secrets: MemorySecretStore
  readonly state: MemoryStateStore
  readonly ledger: MemoryLedger
  readonly quarantine: MemoryQuarantine
  readonly clock: ManualClock
  readonly decisions: readonly Decision[]
}

export function memoryPorts(clock = new ManualClock()): MemoryPorts {
  const decisions: Decision[] = []
  return {
    queue: new MemoryQueue(),
    configs: new MemoryConfigStore(),
    modes: new MemoryModes(),
    secrets: new MemorySecretStore(),
    identities: NO_CLOUD_IDENTITIES,
    state: new MemoryStateStore(clock),
    ledger: new MemoryLedger(),
    quarantine: new MemoryQuarantine(),
    clock,
    orderTimes: createOrderTimes(),
    decisions,
    observer: { decided: (decision) => decisions.push(decision) },
    http: {
      send: ({ url }) => Promise.reject(new Error(`a test without network wants ${url}`)),
    },
    nats: {
      publish: ({ server }) => Promise.reject(new Error(`a test without network wants ${server}`)),
    },
    mail: {
      send: ({ server }) =>
        Promise.reject(new Error(`a test without network wants ${server.host}`)),
    },
  }
}

/** A store that fails on demand, as one whose infrastructure is down. */
class Failing {
  /** While set, every call rejects with it. */
  failure: Error | undefined

  protected async check(): Promise<void> {
    if (this.failure) throw this.failure
  }
}

export class MemoryQueue extends Failing implements Queue {
  readonly #events = new Map<string, AcceptedEvent>()
  readonly retries: RetryMessage[] = []
  /** Which events this queue cannot hold. */
  tooLarge: (event: AcceptedEvent) => boolean = () => false

  get events(): readonly AcceptedEvent[] {
    return [...this.#events.values()]
  }

  async send(events: readonly AcceptedEvent[]): Promise<readonly SendResult[]> {
    await this.check()
    return events.map((event) => {
      if (this.tooLarge(event)) return 'too-large'
      if (this.#events.has(event.id)) return 'duplicate'
      this.#events.set(event.id, event)
      return 'queued'
    })
  }

  resendRetries(messages: readonly RetryMessage[]): Promise<void> {
    return this.sendRetries(messages)
  }

  async sendRetries(messages: readonly RetryMessage[]): Promise<void> {
    await this.check()
    this.retries.push(...messages)
  }
}

export class MemoryConfigStore extends Failing implements ConfigStore, ConfigHistory {
  readonly #snapshots = new Map<string, ConfigSnapshot>()
  readonly #past: ConfigSnapshot[] = []
  readonly #heard = new Map<string, { readonly heardAt: number; readonly shipper: string }>()

  async readRevision(cluster: string, revision: string): Promise<ConfigSnapshot | undefined> {
    await this.check()
    return this.#past.findLast(
      (each) => each.cluster === cluster && each.revision.startsWith(revision),
    )
  }

  /** As after the ledger's retention. */
  forgetPast(): void {
    this.#past.length = 0
  }

  async read(
    cluster: string,
    knownRevision?: string,
  ): Promise<ConfigSnapshot | 'unchanged' | undefined> {
    await this.check()
    const snapshot = this.#snapshots.get(cluster)
    return snapshot && snapshot.revision === knownRevision ? 'unchanged' : snapshot
  }

  /** What is told of each set, as the host on SQLite does. */
  async summaries() {
    const sets = [...this.#snapshots.values()].filter(({ cluster }) => cluster !== FLEET)
    return sets.map(({ cluster, takenAt }) => {
      const heard = this.#heard.get(cluster)
      return { cluster, takenAt, notReady: 0, source: 'sent' as const, ...heard }
    })
  }

  async replace(snapshot: ConfigSnapshot, shipper?: string): Promise<'replaced' | 'stale'> {
    await this.check()
    const stored = this.#snapshots.get(snapshot.cluster)
    if (stored && stored.takenAt > snapshot.takenAt) return 'stale'
    this.#snapshots.set(snapshot.cluster, snapshot)
    if (shipper) this.#heard.set(snapshot.cluster, { heardAt: snapshot.takenAt, shipper })
    this.#past.push(snapshot)
    return 'replaced'
  }
}

/** The modes of clusters; each is live unless a test says otherwise. */
export class MemoryModes extends Failing implements ClusterModes {
  readonly observed = new Set<string>()

  async isObserved(cluster: string): Promise<boolean> {
    await this.check()
    return this.observed.has(cluster)
  }
}

export class MemorySecretStore extends Failing implements SecretStore, SecretWriter {
  readonly #secrets = new Map<string, SecretData>()

  put(cluster: string, namespace: string, name: string, data: SecretData): void {
    this.#secrets.set(`${cluster}/${namespace}/${name}`, data)
  }

  async read(
    cluster: string,
    namespace: string,
    name: string,
  ): Promise<VersionedSecret | undefined> {
    await this.check()
    const data = this.#secrets.get(`${cluster}/${namespace}/${name}`)
    return data && storedSecret(data)
  }

  async write(cluster: string, namespace: string, name: string, data: SecretData): Promise<void> {
    await this.check()
    this.put(cluster, namespace, name, data)
  }
}

/** Whether an item of this version, or none, is what a write expects. */
function isExpected(stored: Versioned<unknown> | undefined, expected: ExpectedVersion): boolean {
  return (stored?.version ?? 'absent') === expected
}

export class MemoryStateStore extends Failing implements StateStore {
  readonly #items = new Map<string, Versioned<unknown> & { readonly expiresAt: number }>()
  readonly #clock: ManualClock

  constructor(clock: ManualClock) {
    super()
    this.#clock = clock
  }

  async read(key: string): Promise<Versioned<unknown> | undefined> {
    await this.check()
    return this.#find(key)
  }

  async forget(cluster: string): Promise<boolean> {
    await this.check()
    const own = [...this.#items.keys()].filter((key) => key.startsWith(`${cluster}#`))
    for (const key of own) this.#items.delete(key)
    return own.length > 0
  }

  #find(key: string): Versioned<unknown> | undefined {
    const item = this.#items.get(key)
    if (!item || item.expiresAt <= this.#clock.now()) return undefined
    return { value: structuredClone(item.value), version: item.version }
  }

  async write(
    key: string,
    value: unknown,
    expected: ExpectedVersion,
    expiresAt: number,
  ): Promise<boolean> {
    await this.check()
    // Compared and set in one turn: of two that write at once, one is refused.
    const stored = this.#find(key)
    if (!isExpected(stored, expected)) return false
    const version = (stored?.version ?? 0) + 1
    this.#items.set(key, { value: structuredClone(value), version, expiresAt })
    return true
  }
}

export class MemoryLedger extends Failing implements Ledger {
  readonly #records = new Map<string, Versioned<LedgerRecord>>()
  /** While set, it is known that nothing can be stored. */
  isFull = false
  /** Told of each record that was stored, and whether there was none of its id before. */
  onStored: (record: LedgerRecord, isNew: boolean) => void = () => undefined

  /** Stores records whatever is there. */
  put(...records: readonly LedgerRecord[]): void {
    for (const value of records) {
      const isNew = !this.#records.has(value.id)
      this.#records.set(value.id, { value, version: 1 })
      this.onStored(value, isNew)
    }
  }

  /** When the last event of each cluster was accepted. */
  async latestAccepted(): Promise<ReadonlyMap<string, number>> {
    const records = [...this.#records.values()].flatMap(({ value }) => (isTest(value) ? [] : value))
    records.sort((a, b) => a.acceptedAt - b.acceptedAt)
    return new Map(records.map(({ cluster, acceptedAt }) => [cluster, acceptedAt]))
  }

  assertWritable(): void {
    if (this.isFull) throw new Error('there is no space left')
  }

  async readMany(ids: readonly string[]): Promise<ReadonlyArray<Versioned<LedgerRecord>>> {
    await this.check()
    return [...new Set(ids)].flatMap((id) => this.#records.get(id) ?? [])
  }

  async writeMany(writes: readonly LedgerWrite[]): Promise<readonly boolean[]> {
    await this.check()
    return writes.map(({ record, expected }) => {
      const stored = this.#records.get(record.id)
      if (!isExpected(stored, expected)) return false
      this.#records.set(record.id, { value: record, version: (stored?.version ?? 0) + 1 })
      this.onStored(record, stored === undefined)
      return true
    })
  }

  async show(id: string): Promise<ListedRecord | undefined> {
    await this.check()
    return this.#records.get(id)?.value
  }

  async list(filter: LedgerFilter, limit: number, cursor?: string): Promise<LedgerPage> {
    await this.check()
    const start = cursor === undefined ? 0 : offsetOf(cursor, filter)
    const all = [...this.#records.values()]
      .map(({ value }) => value)
      .filter((record) => isListedBy(record, filter))
      .sort((a, b) => b.acceptedAt - a.acceptedAt)
    const end = start + limit
    const records = all.slice(start, end)
    if (end >= all.length) return { records }
    const reachedTime = records.at(-1)?.acceptedAt ?? 0
    return { records, nextCursor: cursorOf(end, filter), reachedTime }
  }
}

export class MemoryQuarantine extends Failing implements Quarantine {
  readonly messages: SetAsideMessage[] = []

  async list(limit: number, after = '0'): Promise<SetAsidePage> {
    await this.check()
    const left = this.messages.filter(({ id }) => Number(id) > Number(after))
    const messages = left.slice(0, limit)
    const last = messages.at(-1)
    return { messages, ...(left.length > limit && last && { nextCursor: last.id }) }
  }

  async replay(): Promise<MessageCounts> {
    await this.check()
    const replayed = this.messages.splice(0)
    const countOf = (kind: string) => replayed.filter((message) => message.kind === kind).length
    return { event: countOf('event'), retry: countOf('retry') }
  }
}

function cursorOf(offset: number, filter: LedgerFilter): string {
  return Buffer.from(JSON.stringify({ offset, filter })).toString('base64url')
}

function offsetOf(cursor: string, filter: LedgerFilter): number {
  const [, digits] = /^\{"offset":(\d+),/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  const offset = Number(digits)
  if (cursorOf(offset, filter) !== cursor) throw new InvalidCursor('not a cursor of this list')
  return offset
}
