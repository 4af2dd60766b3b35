import { reasonPhrase } from '../../relay/providers/messages/names.ts'
import { digestsOf } from './digest-audit.ts'
import { chatOf, chatText, messageOfChat, subjectOfArrival } from './duplicates.ts'
import { type Entry, isOfRepeat } from './entries.ts'
import type { SentEvent } from './events.ts'
import type { Journal } from './journal.ts'
import { CHATS, expectationsOf, statusSubject } from './routes.ts'
import type { Arrival } from './sink.ts'

export interface SinkBooks {
  readonly journal: Journal
  readonly entries: readonly Entry[]
  readonly acknowledged: readonly SentEvent[]
  /** All events of the campaign, by message. */
  readonly made: ReadonlyMap<string, SentEvent>
}

const MESSAGE_PATHS: Readonly<Record<string, string>> = {
  '/hooks': 'hooks',
  '/errors': 'errors',
  '/edge': 'edge',
  '/later': 'later',
}

/** What the ledger calls delivered has reached its sink. */
export function findUnreceived(books: SinkBooks): readonly string[] {
  const { journal, entries } = books
  const received = new Set(
    journal.arrivals.filter(({ isApplied }) => isApplied).map((arrival) => receiptOf(arrival)),
  )
  const isInDigest = digestsOf(books)
  return entries.flatMap((entry) => {
    const isChat = CHATS.includes(entry.route)
    const isMessage = isChat || Object.values(MESSAGE_PATHS).includes(entry.route)
    if (!isMessage || entry.outcome !== 'delivered') return []
    const receipt = `${entry.route} ${isChat ? chatText(entry) : entry.message}`
    const isReceived = received.has(receipt) || isInDigest(entry)
    return isReceived ? [] : [`delivered, and not received: ${receipt}`]
  })
}

function receiptOf(arrival: Arrival): string {
  const chat = chatOf(arrival)
  if (chat !== undefined) return `${chat} ${messageOfChat(arrival)}`
  const route = MESSAGE_PATHS[arrival.path]
  if (route === undefined) return ''
  return `${route} ${(JSON.parse(arrival.body) as { readonly message: string }).message}`
}

/** Every commit shows of every context what the newest event says, and never went back to older. */
export function findWrongStatuses(books: SinkBooks): readonly string[] {
  const applied = Map.groupBy(
    books.journal.arrivals.filter(({ isApplied }) => isApplied),
    (arrival) => subjectOfArrival(arrival) ?? '',
  )
  return [...statusEvents(books)].flatMap(([subject, events]) => {
    const shown = (applied.get(subject) ?? []).map(shownBy)
    return [...finalProblem(subject, events, shown), ...orderProblems(subject, events, shown)]
  })
}

/** The events about each status, oldest first, without those that were suppressed as repeats. */
function statusEvents({ acknowledged, entries }: SinkBooks): ReadonlyMap<string, SentEvent[]> {
  const keyOf = (route: string, message: string) => `${route}: ${message}`
  const untold = new Set(
    entries
      .filter((entry) => entry.route === '' || isOfRepeat(entry))
      .map(({ route, message }) => keyOf(route, message)),
  )
  const subjects = new Map<string, SentEvent[]>()
  for (const event of acknowledged.toSorted((a, b) => a.at - b.at)) {
    if (untold.has(keyOf('', event.message))) continue
    for (const { route, expected } of expectationsOf(event)) {
      if (expected !== 'status' || untold.has(keyOf(route, event.message))) continue
      const subject = statusSubject(route === 'shared' ? 'shared' : 'statuses', event)
      subjects.set(subject, [...(subjects.get(subject) ?? []), event])
    }
  }
  return subjects
}

/** What a request made a commit show. */
interface Shown {
  readonly text: string
  readonly life: number
}

function shownBy({ body, life }: Arrival): Shown {
  const { state, description } = JSON.parse(body) as Readonly<Record<string, string>>
  return { text: `${state}: ${description}`, life }
}

/** What the forge shows of an event. */
function shownOf({ severity, reason }: SentEvent): string {
  return `${severity === 'error' ? 'failure' : 'success'}: ${reasonPhrase(reason)}`
}

function finalProblem(
  subject: string,
  events: readonly SentEvent[],
  shown: readonly Shown[],
): readonly string[] {
  const newest = events.at(-1)
  const expected = newest && shownOf(newest)
  const last = shown.at(-1)?.text
  if (last === expected) return []
  return [`${subject} shows ${last}, the newest event says ${expected}`]
}

/** Only where a status tells which event it is from; of those with equal text, the benefit. */
function orderProblems(
  subject: string,
  events: readonly SentEvent[],
  shown: readonly Shown[],
): readonly string[] {
  let reached = 0
  return shown.flatMap(({ text, life }, index) => {
    const times = events.filter((event) => shownOf(event) === text).map(({ at }) => at)
    if (times.length === 0) return [`${subject} showed ${text}, which no event says`]
    if (Math.max(...times) < reached) {
      const before = shown[index - 1]
      const from = `${before?.text} of life ${before?.life}`
      return [`${subject} went back from ${from} to ${text} in life ${life}`]
    }
    reached = Math.max(reached, Math.min(...times))
    return []
  })
}
