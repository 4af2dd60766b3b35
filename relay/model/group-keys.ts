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
  const prefix = `${group}/`
  const keys = {
    prefix,
    originRevision: `${prefix}originRevision`,
    revision: `${prefix}revision`,
    token: `${prefix}token`,
  }
  if (kept.size >= MOST_KEPT) kept.clear()
  kept.set(group, keys)
  return keys
}
