import { MAX_NAME_LENGTH } from './text.ts'

/** The keys of metadata that a controller writes for the objects of its API group. */
export interface GroupKeys {
  /** What each of them begins with, such as `kustomize.toolkit.fluxcd.io/`. */
  readonly prefix: string
  readonly originRevision: string
  readonly revision: string
  readonly token: string
}

/** The most groups whose keys are kept. A cluster with Flux has about six; names of others come from events. */
const MOST_KEPT = 64

const kept = new Map<string, GroupKeys>()

/** The keys of a group. They are made once: a key that is made anew is looked up by its characters each time. */
export function groupKeys(group: string): GroupKeys {
  const known = kept.get(group)
  if (known !== undefined) return known
  if (group.length > MAX_NAME_LENGTH) return keysOf(group)
  if (kept.size >= MOST_KEPT) kept.clear()
  // A copy, since V8 keeps the whole text alive of which this is a part: that of an event may be megabytes.
  const own = structuredClone(group)
  const keys = keysOf(own)
  kept.set(own, keys)
  return keys
}

function keysOf(group: string): GroupKeys {
  const prefix = `${group}/`
  return {
    prefix,
    originRevision: `${prefix}originRevision`,
    revision: `${prefix}revision`,
    token: `${prefix}token`,
  }
}
