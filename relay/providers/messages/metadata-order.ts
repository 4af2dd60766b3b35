import type { Event } from '../../model/event.ts'
import type { Notification } from '../contract.ts'
import { sortedMetadata } from './names.ts'

/**
 * The keys without which a message is of little use, the most important first: where a comment goes, which revision
 * it is about, and what the Alert's author says of it.
 */
const MAIN_KEYS = ['change_request', 'commit', 'originRevision', 'revision', 'summary'] as const

type Entries = ReturnType<typeof sortedMetadata>
type Texts = Pick<Notification, 'event' | 'authored'>

/** The entries of the main keys, and of those that the Alert's author wrote. */
export function mainEntries({ event, authored }: Texts): Entries {
  const main = MAIN_KEYS.flatMap((key) => {
    const value = event.metadata[key]
    return value === undefined ? [] : [[key, value] as const]
  })
  const isMain = new Set<string>(MAIN_KEYS)
  return [
    ...main,
    ...sortedMetadata(event).filter(([key]) => authored.has(key) && !isMain.has(key)),
  ]
}

/** The event with at most `count` entries, the main ones first; the event itself when it has no more. */
export function withAtMost(count: number, { event, authored }: Texts): Event {
  const all = sortedMetadata(event)
  if (all.length <= count) return event
  const main = mainEntries({ event, authored })
  const isMain = new Set(main.map(([key]) => key))
  const entries = [...main, ...all.filter(([key]) => !isMain.has(key))]
  return { ...event, metadata: Object.fromEntries(entries.slice(0, count)) }
}

/** The event with as many of the entries as fit, from the first on. `fits` must be true for fewer entries too. */
export function withFitting(
  event: Event,
  entries: Entries,
  fits: (candidate: Event) => boolean,
): Event {
  const withFirst = (count: number) => ({
    ...event,
    metadata: Object.fromEntries(entries.slice(0, count)),
  })
  let fitting = 0
  let tooMany = entries.length + 1
  while (tooMany - fitting > 1) {
    const middle = Math.floor((fitting + tooMany) / 2)
    if (fits(withFirst(middle))) fitting = middle
    else tooMany = middle
  }
  return withFirst(fitting)
}
