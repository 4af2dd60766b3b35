import type { Entry } from './entries.ts'
import type { SentEvent } from './events.ts'
import { type Decision, isUncertain, type Journal, wasSent } from './journal.ts'
import { CHATS, statusSubject } from './routes.ts'
import type { Arrival } from './sink.ts'

/** What was sent more often than once, and how often a kill or a lost answer can explain it. */
export interface Duplicates {
  /** Confirmed with 2xx more often than once, summed over deliveries. */
  readonly deliveries: number
  /** Statuses that were set to what they were, summed over subjects. */
  readonly statuses: number
  /**
   * What was in flight when the relay was killed: requests at a sink without a decision of the
   * relay, and claims, whose requests may not have left.
   */
  readonly inFlight: number
  /** Repeats that nothing explains. */
  readonly violations: readonly string[]
}

/**
 * What one after the other is sent for: a Delivery, or the status that several Deliveries replace.
 * Of a thread at most one request is under way, so a kill leaves at most one without a decision.
 */
interface Thread {
  readonly key: string
  readonly isStatus: boolean
  readonly arrivals: readonly Arrival[]
  readonly decisions: readonly Decision[]
  /** Claims that kills left. */
  readonly claims: number
  /** How often a person asked for it once more. */
  readonly replays: number
}

export function countDuplicates(
  { arrivals, decisions, claims, replays }: Journal,
  entries: readonly Entry[],
  made: ReadonlyMap<string, SentEvent>,
): Duplicates {
  const byId = new Map(entries.map((entry) => [entry.id, entry]))
  const arrived = Map.groupBy(arrivals, threadOfArrival)
  const threadOf = (delivery: string) => threadOfEntry(byId.get(delivery), delivery, made)
  const decided = Map.groupBy(decisions, ({ delivery }) => threadOf(delivery))
  const claimed = Map.groupBy(claims, ({ deliveryId }) => threadOf(deliveryId))
  const asked = Map.groupBy(replays, ([delivery]) => threadOf(delivery))
  const judged = [...arrived].map(([key, own]) =>
    judge({
      key,
      isStatus: isStatus(key),
      arrivals: own,
      decisions: decided.get(key) ?? [],
      claims: claimed.get(key)?.length ?? 0,
      replays: (asked.get(key) ?? []).reduce((sum, [, count]) => sum + count, 0),
    }),
  )
  const sum = (value: (thread: Judged) => number) =>
    judged.reduce((all, one) => all + value(one), 0)
  return {
    deliveries: sum((thread) => (thread.isStatus ? 0 : thread.repeats)),
    statuses: sum((thread) => (thread.isStatus ? thread.repeats : 0)),
    inFlight: sum(({ inFlight }) => inFlight),
    violations: judged.flatMap(({ violations }) => violations),
  }
}

interface Judged {
  readonly isStatus: boolean
  readonly repeats: number
  readonly inFlight: number
  readonly violations: readonly string[]
}

/**
 * The bound. A Delivery is sent again after a 2xx only when the relay did not get to write it down:
 * a kill came between, or (seen on a machine that stalls) its timeout passed before it read the
 * answer. A status is set again to what it was only when the relay did not know that it was: after
 * such a kill, after one that left a claim, whether or not its request had left too, or after a try
 * of which it could not know what came of it. Each of these explains one repeat, since the next
 * confirmed try is known again, and so does each replay.
 */
function judge({ key, isStatus, arrivals, decisions, claims, replays }: Thread): Judged {
  const inFlight = countInFlight(arrivals, decisions) + claims
  const lost = decisions.filter(isStatus ? isUncertain : isLate).length
  const repeats = isStatus ? repeatedStatuses(arrivals) : repeatedDeliveries(arrivals)
  const violations: string[] = []
  if (repeats > inFlight + lost + replays) {
    const known = `${inFlight} in flight at kills, ${lost} lost, ${replays} replays`
    violations.push(`${repeats} repeats, ${known}: ${key}`)
  }
  if (!isStatus && replays === 0) violations.push(...sentAfterTheEnd(key, arrivals, decisions))
  return { isStatus, repeats, inFlight, violations }
}

function repeatedDeliveries(arrivals: readonly Arrival[]): number {
  return Math.max(0, arrivals.filter(({ isConfirmed }) => isConfirmed).length - 1)
}

function repeatedStatuses(arrivals: readonly Arrival[]): number {
  const applied = arrivals.filter(({ isApplied }) => isApplied)
  return applied.filter(({ body }, index) => applied[index - 1]?.body === body).length
}

/**
 * Requests that no decision of their life follows. A decision is that about the oldest request which
 * has none: of a status, the next request may come before the decision about the last is logged.
 */
function countInFlight(arrivals: readonly Arrival[], decisions: readonly Decision[]): number {
  const decided = Map.groupBy(decisions.filter(wasSent), ({ life }) => life)
  const lives = Map.groupBy(arrivals, ({ life }) => life)
  return [...lives].reduce((sum, [life, own]) => sum + countOpen(own, decided.get(life) ?? []), 0)
}

function countOpen(arrivals: readonly Arrival[], decisions: readonly Decision[]): number {
  let decided = 0
  for (const { at } of decisions) {
    if ((arrivals[decided]?.at ?? Number.POSITIVE_INFINITY) <= at) decided += 1
  }
  return arrivals.length - decided
}

function isLate({ outcome, reason }: Decision): boolean {
  return outcome === 'retry' && reason.startsWith('timeout: no answer')
}

/** Once the relay has said that it delivered, no later life of it may send that again. */
function sentAfterTheEnd(
  key: string,
  arrivals: readonly Arrival[],
  decisions: readonly Decision[],
): readonly string[] {
  const end = decisions.find(({ outcome }) => outcome === 'delivered')
  if (!end) return []
  const later = arrivals.filter(({ life }) => life > end.life)
  return later.map(({ life }) => `sent in life ${life}, delivered in life ${end.life}: ${key}`)
}

const STATUS_PATH = /\/statuses\/([0-9a-f]{40})$/

function isStatus(key: string): boolean {
  return key.startsWith('status ')
}

export function subjectOfArrival({ path, body }: Arrival): string | undefined {
  const [, commit] = STATUS_PATH.exec(path) ?? []
  if (commit === undefined) return undefined
  const { context } = JSON.parse(body) as { readonly context: string }
  return `${commit} ${context}`
}

/** Which chat a post went to; undefined for any other request. */
export function chatOf({ path }: Arrival): string | undefined {
  return CHATS.find((name) => path === `/${name}`)
}

/** The title and the text of a chat post. */
export function shownIn({ body }: Pick<Arrival, 'body'>) {
  const { attachments } = JSON.parse(body) as {
    readonly attachments: readonly { readonly author_name: string; readonly text: string }[]
  }
  const { author_name: title = '', text = '' } = attachments[0] ?? {}
  return { title, text }
}

/**
 * The message that a chat post shows, without the lines that say that it is late. What a reminder says begins with
 * its number.
 */
export function messageOfChat(arrival: Arrival): string {
  const { title, text } = shownIn(arrival)
  const [first = '', second = ''] = text.split('\n')
  if (/^\d+ events of /.test(title)) return `${title}, ${first}`
  const [since, number] =
    /^(?:Still f|F)ailing since [^(]+(?:\(reminder (\d+)\))?$/.exec(first) ?? []
  if (since === undefined) return first
  return number === undefined ? second : reminderText(Number(number), second)
}

function reminderText(number: number, message: string): string {
  return `reminder ${number} of ${message}`
}

/** What a chat is told by an entry of its own. */
export function chatText({ message, reminder }: Entry): string {
  return reminder === undefined ? message : reminderText(reminder, message)
}

function threadOfArrival(arrival: Arrival): string {
  const subject = subjectOfArrival(arrival)
  if (subject !== undefined) return `status ${subject}`
  const chat = chatOf(arrival)
  if (chat !== undefined) return `${chat} ${messageOfChat(arrival)}`
  return `delivery ${arrival.webhookId}`
}

function threadOfEntry(
  entry: Entry | undefined,
  delivery: string,
  made: ReadonlyMap<string, SentEvent>,
): string {
  const { route = '', message = '' } = entry ?? {}
  const event = made.get(message)
  if (event && (route === 'statuses' || route === 'shared')) {
    return `status ${statusSubject(route, event)}`
  }
  return entry && CHATS.includes(route) ? `${route} ${chatText(entry)}` : `delivery ${delivery}`
}
