import type { Event } from '../../model/event.ts'

/** The branch or tag that a commit was taken from. */
export interface CommitRef {
  /** The short name, such as `main` or `v1.2.0`. */
  readonly name: string
  readonly isTag: boolean
}

/** The metadata keys whose values name the branch or tag beside the commit. */
const REVISION_KEYS = ['commit', 'originRevision', 'revision'] as const

const REVISION = /^(?:refs\/(heads|tags)\/)?([^@]{1,255})@(?:sha1|sha256):([\da-f]{40,64})$/i

/** Flux writes a tag as it writes a branch. Few branches are named like a version. */
const VERSION = /^v?\d+\.\d+\.\d+/

/**
 * The branch or tag that the event's metadata names for a commit, as in `main@sha1:<hash>`; undefined
 * when it names the commit alone.
 * https://fluxcd.io/flux/components/source/gitrepositories/#artifact
 */
export function commitRef({ metadata }: Event, hash: string): CommitRef | undefined {
  for (const key of REVISION_KEYS) {
    const [, folder, name = '', named = ''] = REVISION.exec(metadata[key] ?? '') ?? []
    if (named.toLowerCase() !== hash) continue
    return { name, isTag: folder === undefined ? VERSION.test(name) : folder === 'tags' }
  }
  return undefined
}
