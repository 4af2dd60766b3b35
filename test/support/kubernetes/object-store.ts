import { randomUUID } from 'node:crypto'
import { type ApiObject, type Fields, fieldsOf } from './api-object.ts'

/** One change of one object. */
export interface StoredChange {
  readonly revision: number
  readonly storage: string
  /** Undefined when it was created. */
  readonly before: ApiObject | undefined
  /** Undefined when it was deleted. */
  readonly after: ApiObject | undefined
}

/** A real server has written a lot before the first object of a test. */
const FIRST_REVISION = 1_000

function keyOf(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}/${name}`
}

/** All objects, with one revision for each change of any of them, as etcd counts. */
export class ObjectStore {
  readonly #history: StoredChange[] = []
  readonly #current = new Map<string, Map<string, ApiObject>>()
  readonly #listeners = new Set<(change: StoredChange) => void>()
  #revision = FIRST_REVISION
  #compacted = 0
  #cached = 0

  get revision(): number {
    return this.#revision
  }

  /** What was before it can be read no more. */
  get compacted(): number {
    return this.#compacted
  }

  /** Watches of what is in the server's cache can begin here; that is gone with the server. */
  get cached(): number {
    return Math.max(this.#cached, this.#compacted)
  }

  get(storage: string, namespace: string | undefined, name: string): ApiObject | undefined {
    return this.#current.get(storage)?.get(keyOf(namespace, name))
  }

  /** Writes what is new or changed; the store gives it its resource version, UID and time. */
  put(storage: string, object: Fields & { readonly metadata: Fields }): ApiObject {
    const { name, namespace } = object.metadata as ApiObject['metadata']
    const before = this.get(storage, namespace, name)
    const created = before ? fieldsOf(before.metadata) : newMetadata()
    this.#revision += 1
    const after: ApiObject = {
      ...object,
      metadata: {
        ...object.metadata,
        name,
        uid: created.uid as string,
        creationTimestamp: created.creationTimestamp,
        resourceVersion: String(this.#revision),
      },
    }
    this.#record({ revision: this.#revision, storage, before, after })
    return after
  }

  remove(storage: string, object: ApiObject): void {
    this.#revision += 1
    this.#record({ revision: this.#revision, storage, before: object, after: undefined })
  }

  /** The objects as they were at a revision, in the order of their names. */
  listAt(storage: string, revision: number): readonly ApiObject[] {
    const objects = revision === this.#revision ? this.#current.get(storage) : undefined
    return [...(objects ?? this.#replay(storage, revision))]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object)
  }

  changesSince(storage: string, revision: number): readonly StoredChange[] {
    const isLater = (change: StoredChange) =>
      change.storage === storage && change.revision > revision
    return this.#history.filter(isLater)
  }

  /** Calls for each change from now on; returns what ends it. */
  subscribe(listener: (change: StoredChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Forgets all that was, as a compaction of etcd; the revision grows, so that each one is older. */
  compact(): void {
    this.#revision += 1
    this.#compacted = this.#revision
  }

  /** As a server that starts: it writes something of its own, and its cache begins there. */
  restart(): void {
    this.#revision += 1
    this.#cached = this.#revision
  }

  #replay(storage: string, revision: number): ReadonlyMap<string, ApiObject> {
    const objects = new Map<string, ApiObject>()
    for (const change of this.#history) {
      if (change.revision > revision) break
      if (change.storage === storage) apply(objects, change)
    }
    return objects
  }

  #record(change: StoredChange): void {
    this.#history.push(change)
    const objects = this.#current.get(change.storage) ?? new Map<string, ApiObject>()
    this.#current.set(change.storage, objects)
    apply(objects, change)
    for (const listener of this.#listeners) listener(change)
  }
}

function apply(objects: Map<string, ApiObject>, { before, after }: StoredChange): void {
  const { namespace, name } = (after ?? before)?.metadata ?? { name: '' }
  if (after) objects.set(keyOf(namespace, name), after)
  else objects.delete(keyOf(namespace, name))
}

function newMetadata(): Fields {
  const creationTimestamp = `${new Date().toISOString().slice(0, 19)}Z`
  return { uid: randomUUID(), creationTimestamp }
}
