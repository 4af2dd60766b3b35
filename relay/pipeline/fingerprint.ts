import { apiGroup, type Event } from '../model/event.ts'
import { hashParts } from '../model/hash.ts'

/**
 * What differs between two reports of one thing. All patterns are bounded, so they are linear.
 * Durations count only where they stand free: `2.08s` in "finished in 2.08s", not in `web-5m`.
 */
const VOLATILE: ReadonlyArray<readonly [pattern: RegExp, placeholder: string]> = [
  [/\b(request[ _-]?id["']?[:=] ?)["']?[\w-]{1,128}/gi, '$1<id>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)/gi, '<time>'],
  [
    /(?<![\w.@/:+-])(?:\d{1,20}(?:\.\d{1,20})?(?:ns|us|µs|μs|ms|s|m|h)){1,6}(?![\w/@-]|\.\w)/g,
    '<duration>',
  ],
]

/** The message with durations, times, UUIDs and request ids replaced by placeholders. */
export function normalizeMessage(message: string): string {
  return VOLATILE.reduce((text, [pattern, mark]) => text.replace(pattern, mark), message)
}

/** Two events of one fingerprint report the same thing: notification-controller's key, normalised. */
export function fingerprint(event: Event): string {
  const { involvedObject: object, metadata } = event
  const group = apiGroup(object)
  const marks = ['originRevision', 'revision', 'token'].flatMap((key) => {
    const value = metadata[`${group}/${key}`]
    return value === undefined ? [] : [key, value]
  })
  return hashParts(
    object.name,
    object.namespace,
    object.kind,
    normalizeMessage(event.message),
    ...marks,
  )
}
