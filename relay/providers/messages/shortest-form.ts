import type { Event } from '../../model/event.ts'
import { ellipsize } from '../../model/text.ts'
import type { HttpResponse, OutboundRequest } from '../../ports/http.ts'
import type { Fallback, Notification } from '../contract.ts'
import { describeCut } from './cut-text.ts'

/** The length in UTF-16 units above which a text is long. It is cut to this length. */
const LONG_TEXT = 1_000

/** The number of metadata entries above which an event is long. */
const MANY_ENTRIES = 20

/** The most UTF-16 units of each value in the shortest form. */
const SHORT_VALUE = 256

/** The keys that name what an event is about. */
const REVISION_KEYS = ['commit', 'originRevision', 'revision']

/**
 * The statuses with which services refuse a request that exceeds a limit which they do not
 * document.
 */
const REFUSES_LENGTH: ReadonlySet<number> = new Set([400, 413, 422])

/** Whether a destination may have refused the event because of its length. */
export function isLong({ message, metadata }: Event): boolean {
  const values = Object.values(metadata)
  return values.length > MANY_ENTRIES || [message, ...values].some((t) => t.length > LONG_TEXT)
}

/** The shortest form that is still true: the beginning of the message, and the revision. */
export function shortestForm(event: Event): Event {
  const entries = REVISION_KEYS.flatMap((key) => {
    const value = event.metadata[key]
    return value === undefined ? [] : [[key, ellipsize(value, SHORT_VALUE)] as const]
  })
  return {
    ...event,
    message: ellipsize(event.message, LONG_TEXT),
    metadata: Object.fromEntries(entries),
  }
}

/** The metadata key that tells a program what was cut from an event. No controller uses it. */
export const CUT_MARK = 'flux-relay.io/cut'

/** Marks a shortened event for a program that reads it. */
export function markCut(whole: Event, shortened: Event): Event {
  const mark = { [CUT_MARK]: describeCut(whole, shortened) }
  return { ...shortened, metadata: { ...shortened.metadata, ...mark } }
}

/**
 * Makes a `fallback` for services without a known limit: a long notification that got one of the
 * `statuses` is sent in its shortest form.
 */
export function sendShortest(
  { status }: HttpResponse,
  notification: Notification,
  requests: (shortened: Notification) => readonly OutboundRequest[],
  statuses = REFUSES_LENGTH,
): Fallback | undefined {
  const { event } = notification
  if (!statuses.has(status) || !isLong(event)) return undefined
  const shortened = shortestForm(event)
  return {
    requests: requests({ ...notification, event: shortened }),
    note: `answered with HTTP ${status}, and sent again shorter: ${describeCut(event, shortened)}`,
  }
}
