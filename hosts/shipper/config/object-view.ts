import type { ApiObject } from '../kubernetes/collection.ts'
import type { ApiResource } from '../kubernetes/discovery.ts'
import type { Update } from '../kubernetes/follow.ts'
import { manifestOf } from './manifest.ts'

/** An object as the API has it. */
export interface ViewedObject {
  readonly object: ApiObject
  /** The manifest as JSON text: what the relay gets. */
  readonly text: string
}

type Objects = Map<string, ViewedObject>

/** The objects of a kind as they are now. A list takes effect when it is complete. */
export class ObjectView {
  /** The objects, by namespace and name. */
  #objects: Objects = new Map()
  #listing: Objects = new Map()
  #isComplete = false

  /** Whether the kind was listed. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** The objects sorted by namespace and name, so that the same set is always the same text. */
  get objects(): readonly ViewedObject[] {
    const byKey = [...this.#objects].sort(([a], [b]) => (a < b ? -1 : 1))
    return byKey.map(([, viewed]) => viewed)
  }

  find(namespace: string, name: string): ViewedObject | undefined {
    return this.#objects.get(keyOf({ namespace, name }))
  }

  /** Applies an update. True when it changes what the relay gets. */
  apply(resource: ApiResource, update: Update): boolean {
    switch (update.kind) {
      case 'list-started':
        this.#listing = new Map()
        return false
      case 'listed':
        for (const object of update.objects) set(this.#listing, resource, object)
        return false
      case 'list-ended':
        return this.#replace(this.#listing)
      case 'watched': {
        const changed = update.changes.map(({ type, object }) =>
          type === 'DELETED'
            ? this.#objects.delete(keyOf(object.metadata))
            : set(this.#objects, resource, object),
        )
        return changed.includes(true)
      }
    }
  }

  /** Forgets all objects, because the kind is gone. True when there were some. */
  clear(): boolean {
    const hadSome = this.#objects.size > 0
    this.#objects = new Map()
    this.#isComplete = false
    return hadSome
  }

  #replace(listed: Objects): boolean {
    const before = this.#objects
    const isSame =
      this.#isComplete &&
      before.size === listed.size &&
      [...listed].every(([key, { text }]) => before.get(key)?.text === text)
    this.#objects = listed
    this.#listing = new Map()
    this.#isComplete = true
    return !isSame
  }
}

/** Sets an object. True when its text changed. */
function set(objects: Objects, resource: ApiResource, object: ApiObject): boolean {
  const key = keyOf(object.metadata)
  const text = JSON.stringify(manifestOf(resource, object))
  const isSame = objects.get(key)?.text === text
  objects.set(key, { object, text })
  return !isSame
}

function keyOf({ namespace = '', name }: { readonly namespace?: string; readonly name: string }) {
  return `${namespace}/${name}`
}
