import { chatOf, shownIn } from './duplicates.ts'
import type { Entry } from './entries.ts'
import type { SentEvent } from './events.ts'
import type { Journal } from './journal.ts'
import type { Arrival } from './sink.ts'

export interface DigestBooks {
  readonly journal: Pick<Journal, 'arrivals' | 'replays'>
  readonly entries: readonly Entry[]
  /** All events of the campaign, by message. */
  readonly made: ReadonlyMap<string, SentEvent>
}

/** What a message says of one object. */
interface Told {
  readonly events: number
  /** The message of its last event. */
  readonly last: string
}

/** A message that tells of several deliveries. */
interface Digest {
  readonly route: string
  readonly events: number
  /** How many objects it counts only. */
  readonly unnamed: number
  /** What it says of each object that it names. */
  readonly named: ReadonlyMap<string, Told>
}

/**
 * What is known of the deliveries of a group, or of those of one object, with those that were replayed: whoever was
 * replayed may be in the message, though its record names none, and need not be in it, though its record names it.
 */
interface Members {
  /** What they tell of; a failure and its reminders tell of the same. */
  readonly messages: ReadonlySet<string>
  readonly most: number
  readonly least: number
}

const TITLE = /^(\d+) events of (\d+) objects?:/

/** What a line ends with when another message tells of a newer event of its object. */
const OVERTAKEN = / \(a newer event of this object is known\)$/

const LINE = /^Kustomization\/flux-system\/([^: ]+)(?: \((\d+) events\))?: (.+)$/

/** Tells whether a delivery is in a message that was received, which tells of all that go with it. */
export function digestsOf({ journal, entries, made }: DigestBooks): (entry: Entry) => boolean {
  const digests = journal.arrivals.filter(({ isApplied }) => isApplied).flatMap(digestIn)
  const groups = Map.groupBy(
    entries.filter(({ toldIn }) => toldIn !== undefined),
    ({ toldIn = '' }) => toldIn,
  )
  const isReplayed = ({ id }: Entry) => journal.replays.has(id)
  const membersOf = (own: readonly Entry[]): Members => ({
    messages: new Set(own.map(({ message }) => message)),
    most: own.length,
    least: own.filter((entry) => !isReplayed(entry)).length,
  })
  const isTold = (members: readonly Entry[]) => {
    const route = members[0]?.route
    const group = [
      ...members,
      ...entries.filter((entry) => entry.route === route && !entry.toldIn && isReplayed(entry)),
    ]
    const own = Map.groupBy(group, ({ message }) => made.get(message)?.object ?? '')
    const byObject = new Map([...own].map(([object, entries]) => [object, membersOf(entries)]))
    return digests.some(
      (digest) =>
        digest.route === route &&
        isWithin(digest.events, membersOf(group)) &&
        namesAll(digest, byObject),
    )
  }
  const told = new Set([...groups].filter(([, group]) => isTold(group)).map(([leader]) => leader))
  return ({ toldIn }) => toldIn !== undefined && told.has(toldIn)
}

function isWithin(events: number, { least, most }: Members): boolean {
  return least <= events && events <= most
}

function namesAll({ named, unnamed }: Digest, byObject: ReadonlyMap<string, Members>): boolean {
  const isTrue = ([object, { events, last }]: readonly [string, Told]) => {
    const members = byObject.get(object)
    return members ? members.messages.has(last) && isWithin(events, members) : false
  }
  const missing = [...byObject].filter(([object, { least }]) => least > 0 && !named.has(object))
  return [...named].every(isTrue) && missing.length <= unnamed
}

function digestIn(arrival: Arrival): readonly Digest[] {
  const route = chatOf(arrival)
  if (route === undefined) return []
  const { title, text } = shownIn(arrival)
  const [, events, objects] = TITLE.exec(title) ?? []
  if (events === undefined) return []
  const named = new Map(
    text.split('\n').flatMap((line): readonly (readonly [string, Told])[] => {
      const [, object, often = '1', said] = LINE.exec(line) ?? []
      if (object === undefined || said === undefined) return []
      // Before the message are its reason, and what became of the object.
      const last = said.replace(OVERTAKEN, '').split(': ').at(-1) ?? ''
      return [[object, { events: Number(often), last }]]
    }),
  )
  return [{ route, events: Number(events), unnamed: Number(objects) - named.size, named }]
}
