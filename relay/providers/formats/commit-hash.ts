import type { Event } from '../../model/event.ts'
import { ellipsize } from '../../model/text.ts'
import { NotificationError } from '../contract.ts'

/** The first of these that the metadata has names the commit, even if it is empty. */
const REVISION_KEYS = ['commit', 'originRevision', 'revision'] as const

/** Hexadecimal digits of a Git hash: 40 of SHA-1, 64 of SHA-256. */
export type HashLength = 40 | 64

/**
 * The commit that an event is about, in lower case, from its final metadata: `main@sha1:<hash>`,
 * `main/<hash>` or the bare hash. `lengths` are those that the forge has commits of; Flux knows no
 * SHA-256 commits, and a revision of 64 digits may be the digest of an artifact. Throws
 * `NotificationError` that names the metadata key.
 */
export function commitHash(event: Event, lengths: readonly HashLength[] = [40]): string {
  const key = REVISION_KEYS.find((candidate) => event.metadata[candidate] !== undefined)
  if (key === undefined) {
    throw new NotificationError(
      `the event names no commit: its metadata has none of ${REVISION_KEYS.join(', ')}`,
    )
  }
  const revision = event.metadata[key] ?? ''
  const hash = afterLast(revision, ':') ?? afterLast(revision, '/') ?? revision
  if (lengths.some((length) => hash.length === length) && /^[\da-f]+$/i.test(hash)) {
    return hash.toLowerCase()
  }
  throw new NotificationError(
    `metadata ${key} names no commit: ${shapeOf(revision, hash)} where ${lengths.join(' or ')} hexadecimal digits are expected`,
  )
}

function afterLast(text: string, separator: string): string | undefined {
  const at = text.lastIndexOf(separator)
  return at < 0 ? undefined : text.slice(at + 1)
}

function shapeOf(revision: string, hash: string): string {
  if (revision === '') return 'it is empty'
  return `"${ellipsize(revision, 80)}" ends in ${hash.length} characters`
}
