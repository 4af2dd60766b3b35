import { type Entry, isOfRepeat } from './entries.ts'
import type { SentEvent } from './events.ts'
import { findUntoldFailures } from './failures.ts'
import { type Expectation, expectationsOf, statusSubject } from './routes.ts'

/** What the ledger invariant is checked on: one moment's queue and ledger. */
export interface Books {
  readonly acknowledged: readonly SentEvent[]
  /** All events that may be in the ledger, by message. */
  readonly made: ReadonlyMap<string, SentEvent>
  readonly entries: readonly Entry[]
  /** Messages of the events that are still queued. */
  readonly queued: ReadonlySet<string>
  /** `running`: a Delivery may wait for its next try. `never`: only those to the untrusted sink. */
  readonly retrying: 'running' | 'never' | 'none'
  /** Events that a counting record may have counted twice. */
  readonly forgottenMeanwhile: ReadonlySet<string>
}

const FINAL: Readonly<Record<Expectation, readonly string[]>> = {
  delivered: ['delivered'],
  status: ['delivered', 'suppressed'],
  skipped: ['skipped'],
  dead: ['dead'],
  ruled: ['delivered', 'skipped'],
}

/**
 * The ledger invariant: every acknowledged event is still queued, or has for every Alert that takes
 * it one record, of its own or that counts it. Gives what breaks it.
 */
export function findUnaccounted(books: Books): readonly string[] {
  const own = new Map<string, Entry>()
  const violations: string[] = []
  for (const entry of books.entries) {
    if (entry.isCounter || entry.reminder !== undefined) continue
    const key = keyOf(entry.cluster, entry.route, entry.message)
    if (own.has(key)) violations.push(`two records: ${key}`)
    own.set(key, entry)
  }
  const counted: Counted = new Map()
  for (const event of books.acknowledged) {
    if (books.queued.has(event.message)) continue
    violations.push(...problemsOf(event, own, counted, books))
  }
  return [
    ...violations,
    ...counterProblems(counted, books),
    ...findUntold(books),
    ...findUntoldFailures(books),
  ]
}

/** Events without a record of their own, by what their counting record is for. */
type Counted = Map<string, SentEvent[]>

function problemsOf(
  event: SentEvent,
  own: ReadonlyMap<string, Entry>,
  counted: Counted,
  books: Books,
): readonly string[] {
  const expectations = expectationsOf(event)
  const unrouted = own.get(keyOf(event.cluster, '', event.message))
  if (unrouted) {
    const twice = expectations.filter(({ route }) =>
      own.has(keyOf(event.cluster, route, event.message)),
    )
    if (twice.length > 0) return [`suppressed as a repeat, and sent too: ${event.message}`]
    const fits = [
      ...(expectations.length === 0 ? ['skipped'] : []),
      ...(event.isRepeat ? ['suppressed'] : []),
    ]
    if (fits.includes(unrouted.outcome)) return []
    return [`${unrouted.outcome} without an Alert: ${event.message}`]
  }
  if (expectations.length === 0) return [`no record: ${event.message}`]
  return expectations.flatMap(({ route, expected }) => {
    const entry = own.get(keyOf(event.cluster, route, event.message))
    if (entry && event.isRepeat && isOfRepeat(entry)) return []
    if (entry) return outcomeProblem(entry, expected, books)
    if (expected !== 'status') return [`no record for ${route}: ${event.message}`]
    const subject = counterOf(route, event)
    counted.set(subject, [...(counted.get(subject) ?? []), event])
    return []
  })
}

function outcomeProblem(entry: Entry, expected: Expectation, { retrying }: Books) {
  if (FINAL[expected].includes(entry.outcome)) return []
  const mayRetry =
    expected !== 'skipped' &&
    (retrying === 'running' || (retrying === 'never' && expected === 'dead'))
  if (entry.outcome === 'retry' && mayRetry) return []
  return [
    `${entry.outcome}, not ${expected}, for ${entry.route}: ${entry.message}: ${entry.reason}`,
  ]
}

/**
 * Repeats of what nobody was told: what an event repeats was delivered to the same Alert, or waits.
 * Of what waited, a status may be superseded since, and the untrusted sink may have got nothing.
 */
function findUntold({ entries, made }: Books): readonly string[] {
  const told = new Set<string>()
  for (const entry of entries) {
    const event = made.get(entry.message)
    if (!event || entry.isCounter || entry.reminder !== undefined || isOfRepeat(entry)) continue
    told.add(reportKey(event, entry.route, entry.outcome))
  }
  const isTold = (event: SentEvent, { route, expected }: Expected) =>
    TOLD[expected].some((outcome) => told.has(reportKey(event, route, outcome)))
  return entries.filter(isOfRepeat).flatMap((entry) => {
    const event = made.get(entry.message)
    if (!event) return []
    const whom = expectationsOf(event).filter(
      ({ route, expected }) =>
        expected !== 'skipped' && (entry.route === '' || route === entry.route),
    )
    const untold = whom.filter((expected) => !isTold(event, expected))
    return untold.map(({ route }) => `repeats what was not told to ${route}: ${entry.message}`)
  })
}

type Expected = ReturnType<typeof expectationsOf>[number]

const TOLD: Readonly<Record<Expectation, readonly string[]>> = {
  delivered: ['delivered', 'retry'],
  status: ['delivered', 'retry', 'suppressed'],
  skipped: [],
  dead: ['retry', 'dead'],
  // What a rule held back may have ended since.
  ruled: ['delivered', 'retry', 'skipped'],
}

function reportKey({ cluster, report }: SentEvent, route: string, outcome: string): string {
  return `${cluster} ${report} ${route} ${outcome}`
}

function counterProblems(counted: Counted, books: Books): readonly string[] {
  const counters = new Map<string, Entry>()
  for (const entry of books.entries) {
    const event = entry.isCounter ? books.made.get(entry.message) : undefined
    if (!event) continue
    counters.set(counterOf(entry.route, event), entry)
  }
  const subjects = new Set([...counted.keys(), ...counters.keys()])
  return [...subjects].flatMap((subject) =>
    counterProblem(subject, counted.get(subject) ?? [], counters.get(subject), books),
  )
}

/** While events are queued or unacknowledged the count may be ahead of what is known here. */
function counterProblem(
  subject: string,
  events: readonly SentEvent[],
  counter: Entry | undefined,
  { made, retrying, forgottenMeanwhile }: Books,
): readonly string[] {
  if (!counter)
    return events.map(({ message }) => `no record and no counter: ${subject}: ${message}`)
  const newest = made.get(counter.message)?.at ?? 0
  const later = events.filter(({ at }) => at > newest)
  if (later.length > 0) return later.map(({ message }) => `not counted: ${subject}: ${message}`)
  const count = counter.repeats + 1
  const slack = [...forgottenMeanwhile].length
  if (count < events.length) return [`${count} counted of ${events.length}: ${subject}`]
  if (retrying !== 'running' && count > events.length + slack) {
    return [`${count} counted, there are ${events.length}: ${subject}`]
  }
  return []
}

/** Each object has a counting record of its own for a status, also for one that all share. */
function counterOf(route: string, event: SentEvent): string {
  return `${route} ${event.object} ${statusSubject(route === 'shared' ? 'shared' : 'statuses', event)}`
}

function keyOf(cluster: string, route: string, message: string): string {
  return `${cluster} ${route === '' ? '(no alert)' : route}: ${message}`
}
