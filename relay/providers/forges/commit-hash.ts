import { type Event, UNKNOWN_REVISION } from '../../model/event.ts'
import { ellipsize } from '../../model/text.ts'
import { NotificationError } from '../contract.ts'

/** The keys that name the commit. The first that is present counts, even if it is empty. */
const REVISION_KEYS = ['commit', 'originRevision', 'revision'] as const
type RevisionKey = (typeof REVISION_KEYS)[number]

/** The number of hexadecimal digits of a Git hash: 40 for SHA-1, 64 for SHA-256. */
export type HashLength = 40 | 64

/**
 * The commit that metadata names: its hash in lower case and the key that names it, or the reason why there is none.
 */
export type NamedCommit =
  | { readonly hash: string; readonly key: string }
  | { readonly reason: string }

/** Where a commit is read from: metadata without prefixes, and the kind of the involved object. */
export interface CommitSource {
  readonly metadata: Readonly<Record<string, string>>
  readonly kind: string
}

/**
 * The commit that metadata names, in the form `main@sha1:<hash>`, `main/<hash>` or the bare hash.
 * `lengths` are those of the forge's hashes.
 */
export function namedCommit(
  { metadata, kind }: CommitSource,
  lengths: readonly HashLength[] = [40],
): NamedCommit {
  const key = REVISION_KEYS.find((candidate) => metadata[candidate] !== undefined)
  if (key === undefined) {
    const reason = `the event names no commit: its metadata has none of ${REVISION_KEYS.join(', ')}`
    return { reason }
  }
  const revision = metadata[key] ?? ''
  if (revision === UNKNOWN_REVISION) {
    return { reason: 'the event names no commit: its revision is unknown' }
  }
  const hash = afterLast(revision, ':') ?? afterLast(revision, '/') ?? revision
  const known = lengths.filter((length) => length === 40 || mayBeSha256(key, revision, kind))
  if (known.some((length) => hash.length === length) && /^[\da-f]+$/i.test(hash)) {
    return { hash: hash.toLowerCase(), key }
  }
  const found = `metadata ${key} names no commit: ${shapeOf(revision, hash)}`
  return { reason: `${found} where ${known.join(' or ')} hexadecimal digits are expected` }
}

/**
 * Whether 64 digits are a SHA-256 commit, and not the digest of an artifact, which Flux writes in
 * the same way. They are a commit if Git is the only source: the revision of a GitRepository, the
 * origin of an artifact, and a bare hash that somebody set as the commit. The `revision` of another
 * object is that of its artifact, and so a digest.
 */
function mayBeSha256(key: RevisionKey, revision: string, kind: string): boolean {
  if (key === 'commit') return !revision.includes(':')
  return key === 'originRevision' || kind === 'GitRepository'
}

/** The commit of an event with its final metadata. */
function commitOf(event: Event, lengths?: readonly HashLength[]): NamedCommit {
  return namedCommit({ metadata: event.metadata, kind: event.involvedObject.kind }, lengths)
}

/** The reason why an event with its final metadata names no commit; undefined when it names one. */
export function namesNoCommit(event: Event, lengths?: readonly HashLength[]): string | undefined {
  const named = commitOf(event, lengths)
  return 'reason' in named ? named.reason : undefined
}

/** The hash of the event's commit. Throws `NotificationError` for an event that names none. */
export function commitHash(event: Event, lengths?: readonly HashLength[]): string {
  const named = commitOf(event, lengths)
  if ('hash' in named) return named.hash
  throw new NotificationError(named.reason)
}

function afterLast(text: string, separator: string): string | undefined {
  const at = text.lastIndexOf(separator)
  return at < 0 ? undefined : text.slice(at + 1)
}

function shapeOf(revision: string, hash: string): string {
  if (revision === '') return 'it is empty'
  return `"${ellipsize(revision, 80)}" ends in ${hash.length} characters`
}
