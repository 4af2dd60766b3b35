import { ApiError } from '../../../hosts/shipper/kubernetes/api-error.ts'
import type { ApiRequest, KubernetesClient } from '../../../hosts/shipper/kubernetes/client.ts'
import type { ApiObject, ObjectChange } from '../../../hosts/shipper/kubernetes/collection.ts'

/** Few, so that a list has gaps in which things happen. */
const PAGE_SIZE = 2

/**
 * The Events of an API server, without the network between: thousands of faults a second. Lists come
 * in small pages, each from the state when the list began; a watch has what changed since.
 */
export class EventStore implements KubernetesClient {
  readonly #events = new Map<string, ApiObject>()
  #history: { readonly version: number; readonly change: ObjectChange }[] = []
  #version = 1
  #compacted = 0
  readonly #snapshots = new Map<string, readonly ApiObject[]>()
  #changed = Promise.withResolvers<void>()
  #cuts = 0

  get(name: string): ApiObject | undefined {
    return this.#events.get(name)
  }

  put(
    name: string,
    uid: string,
    fields: Readonly<Record<string, unknown>>,
    annotations: Readonly<Record<string, string>> = {},
  ): void {
    const type = this.#events.has(name) ? 'MODIFIED' : 'ADDED'
    const metadata = { name, namespace: 'apps', uid, annotations }
    this.#change(name, type, { ...fields, metadata })
  }

  remove(name: string): void {
    const event = this.#events.get(name)
    if (event) this.#change(name, 'DELETED', event)
  }

  /** Ends all watches; with `isExpired` nothing before now can be watched or paged through. */
  cut(isExpired: boolean): void {
    this.#cuts += 1
    if (isExpired) {
      this.#compacted = this.#version
      this.#history = []
      this.#snapshots.clear()
    }
    this.#wake()
  }

  async request({ path }: ApiRequest): Promise<unknown> {
    await nextTurn()
    const query = new URL(path, 'http://api.test').searchParams
    const token = query.get('continue') ?? ''
    const [version = '', start = '0'] = token.split('/')
    const from = Number(start)
    const at = token === '' ? String(this.#version) : version
    if (token === '') this.#snapshots.set(at, [...this.#events.values()])
    const snapshot = this.#snapshots.get(at)
    if (snapshot === undefined) throw expired()
    const items = snapshot.slice(from, from + Math.min(PAGE_SIZE, Number(query.get('limit'))))
    const end = from + items.length
    const next = end < snapshot.length && { continue: `${at}/${end}` }
    return { kind: 'EventList', metadata: { resourceVersion: at, ...next }, items }
  }

  async *stream({ path }: ApiRequest | { readonly path: string }, signal: AbortSignal) {
    let position = Number(new URL(path, 'http://api.test').searchParams.get('resourceVersion'))
    const cuts = this.#cuts
    signal.addEventListener('abort', () => this.#wake(), { once: true })
    while (!signal.aborted && cuts === this.#cuts) {
      if (position < this.#compacted) throw expired()
      const news = this.#history.filter(({ version }) => version > position)
      position = this.#version
      if (news.length > 0) yield news.map(({ change }) => change)
      else await this.#changed.promise
    }
  }

  async close(): Promise<void> {
    this.cut(false)
  }

  #change(name: string, type: ObjectChange['type'], event: ApiObject | EventFields): void {
    this.#version += 1
    const metadata = { ...event.metadata, resourceVersion: String(this.#version) }
    const object = { ...event, metadata } as ApiObject
    if (type === 'DELETED') this.#events.delete(name)
    else this.#events.set(name, object)
    this.#history.push({ version: this.#version, change: { type, object } })
    this.#wake()
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}

interface EventFields {
  readonly metadata: Omit<ApiObject['metadata'], 'resourceVersion'>
}

/** Lets all go on that waits for nothing else. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function expired(): ApiError {
  return new ApiError('too old resource version', { status: 410, reason: 'Expired' })
}
