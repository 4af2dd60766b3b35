import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Books, KINDS, type Route, type SoakEvent } from './books.ts'
import { type ClusterName, tokenOf } from './configuration.ts'

export interface SenderOptions {
  readonly cluster: ClusterName
  /** Where it posts to now. */
  readonly url: () => string
  readonly rate: number
  readonly books: Books
}

export interface Sender {
  /** Makes no more events; resolves once each is accepted. */
  finish(): Promise<void>
}

/** Of ten events. */
const ROUTES: readonly Route[] = [
  ...['good', 'good', 'good', 'good', 'faulty', 'good', 'good'],
  ...['good', 'faulty', 'hanging'],
] as Route[]

const OBJECTS = 40
const TICK_MS = 100
/** While so many wait for their acceptance no more are made. */
const MOST_WAITING = 300
const REPEAT_AFTER_MS = 250
const ANSWER_WITHIN_MS = 10_000

/** Posts events of a cluster at an even rate, each again until it is accepted. */
export function startSender({ cluster, url, rate, books }: SenderOptions): Sender {
  const waiting = new Set<Promise<void>>()
  let made = 0
  let isFinishing = false
  const run = async () => {
    const startedAt = performance.now()
    while (!isFinishing) {
      const due = Math.floor(((performance.now() - startedAt) / 1_000) * rate)
      // What could not be made in time is left out, so that no burst follows a disturbance.
      for (let missing = Math.min(due - made, rate); missing > 0; missing -= 1) {
        if (waiting.size >= MOST_WAITING) break
        const event = makeEvent(cluster, made + missing, books)
        const posting = postUntilAccepted(event, { cluster, url, books })
        waiting.add(posting)
        void posting.finally(() => waiting.delete(posting))
      }
      made = due
      await sleep(TICK_MS)
    }
    await Promise.all(waiting)
  }
  const running = run()
  return {
    finish() {
      isFinishing = true
      return running
    },
  }
}

function makeEvent(cluster: string, number: number, books: Books): SoakEvent {
  const route = ROUTES[number % ROUTES.length] ?? 'good'
  const event: SoakEvent = {
    cluster,
    route,
    message: `${cluster} event no. ${number}`,
    arrivals: 0,
  }
  books.events.set(event.message, event)
  return event
}

async function postUntilAccepted(
  event: SoakEvent,
  { cluster, url, books }: Pick<SenderOptions, 'cluster' | 'url' | 'books'>,
): Promise<void> {
  const body = JSON.stringify(fluxEvent(event))
  for (;;) {
    const status = await post(url(), cluster, body)
    if (status === 202) {
      event.acceptedAt = Date.now()
      return
    }
    books.count(`posts to be repeated: ${status ?? 'no answer'}`)
    await sleep(REPEAT_AFTER_MS)
  }
}

async function post(url: string, cluster: ClusterName, body: string): Promise<number | undefined> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...credential(cluster, body) },
      body,
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    })
    await answer.arrayBuffer()
    return answer.status
  } catch {
    return undefined
  }
}

function credential(cluster: ClusterName, body: string): Readonly<Record<string, string>> {
  const token = tokenOf(cluster)
  if (cluster === 'bearer') return { authorization: `Bearer ${token}` }
  if (cluster === 'shipped') return {}
  return { 'x-signature': `sha256=${createHmac('sha256', token).update(body).digest('hex')}` }
}

function fluxEvent({ route, message }: SoakEvent) {
  const number = Number(message.split(' ').at(-1))
  return {
    involvedObject: { kind: KINDS[route], namespace: 'soak', name: `app-${number % OBJECTS}` },
    severity: 'info',
    timestamp: new Date().toISOString(),
    reason: 'ReconciliationSucceeded',
    reportingController: 'soak',
    message,
  }
}
