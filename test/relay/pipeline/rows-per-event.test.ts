import { expect, it } from 'vitest'
import { fixtureJson } from '../../support/notifications.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  githubPair,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'

/**
 * Rows inserted, updated or deleted for each delivered event, from its acceptance until its record is
 * final and no queue has it; rows that expire are not counted. One that has to wait is written once
 * more. A subject is claimed and settled.
 */
const MOST_ROWS = {
  idle: 4,
  busy: 5,
  parked: 5,
  limited: 5,
  'idle, with a subject': 6,
} as const

type Kind = keyof typeof MOST_ROWS

/** Of those that wait: more than have a place at a host, or wait for one in memory. */
const EVENTS = { idle: 20, waiting: 200 } as const

/** How each kind of destination takes the events. */
const DESTINATIONS: Readonly<Record<Kind, (harness: Harness) => Promise<void>>> = {
  idle: async () => undefined,
  // All events are there before the first is dispatched.
  busy: async () => undefined,
  async parked(harness) {
    harness.answerWith(() => answer(503))
    await sendAll(harness, 'failing', 3)
    await dispatchReady(harness)
    harness.answerWith(() => answer(200))
  },
  async limited(harness) {
    harness.answerWith(() => answer(429, { 'retry-after': '60' }))
    await sendAll(harness, 'limited', 1)
    await dispatchReady(harness)
    harness.answerWith(() => answer(200))
  },
  async 'idle, with a subject'(harness) {
    harness.secrets.set(`${CLUSTER}/flux-system/github`, { token: 'github-token' })
    await harness.configure(...githubPair())
  },
}

it.each(Object.keys(MOST_ROWS) as Kind[])(
  'writes few rows for an event to a destination that is %s',
  async (kind) => {
    const events = EVENTS[isIdle(kind) ? 'idle' : 'waiting']
    // What one event more costs, so that those that made the destination what it is do not count.
    const [fewer, more] = [await rowsFor(kind, events), await rowsFor(kind, 2 * events)]
    const rowsPerEvent = (more - fewer) / events
    expect(rowsPerEvent).toBeGreaterThan(0)
    expect(rowsPerEvent).toBeLessThanOrEqual(MOST_ROWS[kind])
  },
)

/** Its events come one after the other. */
function isIdle(kind: Kind): boolean {
  return kind.startsWith('idle')
}

async function rowsFor(kind: Kind, events: number): Promise<number> {
  const harness = createHarness()
  await harness.configure(
    provider('hook', { type: 'generic', address: 'https://hook.test/' }),
    alert('all', 'hook'),
  )
  await DESTINATIONS[kind](harness)
  const before = await harness.rowsChanged()
  await sendAll(harness, 'counted', events, isIdle(kind) ? dispatchReady : undefined)
  do await dispatchReady(harness)
  while (isLater(harness))
  const delivered = harness.decisions.filter(({ record }) => record.outcome === 'delivered')
  const names = new Set(delivered.map(({ record }) => record.event.involvedObject.name))
  expect([...names].filter((name) => name.startsWith('counted-'))).toHaveLength(events)
  const rows = (await harness.rowsChanged()) - before
  await harness.close()
  return rows
}

/** Sends events of as many objects, each at its own time; `between` comes after each. */
async function sendAll(
  harness: Harness,
  name: string,
  count: number,
  between?: (harness: Harness) => Promise<void>,
): Promise<void> {
  const event = fixtureJson('kustomization-finished')
  for (let index = 0; index < count; index += 1) {
    const involvedObject = { ...Object(event.involvedObject), name: `${name}-${index}` }
    harness.clock.advance(1)
    await harness.sendJson({ ...event, involvedObject })
    await between?.(harness)
  }
}

/** Dispatches all that may be dispatched, at once. */
async function dispatchReady({ queue, woken, dispatcher }: Harness): Promise<void> {
  for (;;) {
    const events = await queue.leaseEvents(10_000)
    const retries = await queue.leaseRetries(10_000)
    const ready = woken.take(10_000)
    if (events.length + retries.length + ready.length === 0) return
    await Promise.all([
      ...events.map(async (event) => {
        await dispatcher.dispatchEvent(event)
        await queue.acknowledge(event)
      }),
      ...retries.map(async (retry) => {
        await dispatcher.dispatchRetry(retry)
        await queue.acknowledgeRetry(retry)
      }),
      ...ready.map((retry) => dispatcher.dispatchRetry(retry)),
    ])
  }
}

/** Moves the clock to what waits for its time; false when nothing does. */
function isLater({ nextWakeAt, clock }: Harness): boolean {
  const wakeAt = nextWakeAt()
  if (wakeAt !== undefined) clock.set(wakeAt)
  return wakeAt !== undefined
}
