import { join } from 'node:path'
import { expect, it } from 'vitest'
import { SqliteLedger } from '../../../adapters/sqlite/ledger.ts'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { openRelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import type { QueuedEvent } from '../../../relay/model/queue-messages.ts'
import { requestReplay } from '../../../relay/pipeline/replay.ts'
import { goldenBodies } from '../../fixtures/stored/golden-bodies.ts'
import { earlierDataFolder } from '../../fixtures/stored/open-scene.ts'
import {
  BACKLOG_EVENTS,
  BACKLOG_OBJECTS,
  backlogEventId,
  FORGE_SECRET,
  type SceneAddresses,
  sceneManifests,
} from '../../fixtures/stored/scene.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { answer, createHarness, type Harness } from '../../support/relay-harness.ts'

/** Of the backlog; each is dispatched by the same code as the others. */
const DISPATCHED = 200
const MINUTE_MS = 60_000

const ADDRESSES: SceneAddresses = {
  backlog: 'https://hooks.test/backlog',
  claimed: 'https://claimed.test/group/project',
  settled: 'https://settled.test/group/project',
  busy: 'https://busy.test/busy',
  gone: 'https://gone.test/gone',
}

function isOfBacklog({ event }: QueuedEvent): boolean {
  return event.involvedObject.name.startsWith('backlog-')
}

/** What 591c4aa recorded of what it sent on this route. */
function recorded(route: string) {
  const bodies = goldenBodies('delivery record', 0).map((body) => body as never as Recorded)
  const found = bodies.find(({ alert }) => alert?.name === route)
  if (!found) throw new Error(`591c4aa recorded nothing of ${route}`)
  return found
}

interface Recorded {
  readonly id: string
  readonly updatedAt: number
  readonly attempt: number
  readonly dueAt: number
  readonly alert?: { readonly name: string }
}

/** The core on the data folder that 591c4aa left, a second later. */
async function upgraded(): Promise<Harness> {
  const harness = createHarness({}, { directory: earlierDataFolder() })
  harness.clock.set(recorded('busy').updatedAt + 1_000)
  harness.secrets.set('local/flux-system/forge', FORGE_SECRET)
  await harness.configure(...sceneManifests(ADDRESSES))
  return harness
}

it('hands out all that 591c4aa left in the queue, in order', async () => {
  const database = openRelayDatabase(join(earlierDataFolder(), 'flux-relay.db'))
  const clock = new ManualClock(recorded('busy').updatedAt)
  const queue = new SqliteQueue(database, clock)
  await queue.loaded()
  expect(await queue.depth()).toMatchObject({ events: BACKLOG_EVENTS + 1, retries: 1 })
  const ids: string[] = []
  for (;;) {
    const events = await queue.leaseEvents(100)
    if (events.length === 0) break
    ids.push(...events.filter(isOfBacklog).map(({ id }) => id))
    await Promise.all(events.map((event) => queue.acknowledge(event)))
  }
  expect(ids).toHaveLength(BACKLOG_EVENTS)
  const expected = Array.from({ length: BACKLOG_EVENTS }, (_, index) => backlogEventId(index))
  expect(ids.every((id, index) => id === expected[index])).toBe(true)
  const { records } = await new SqliteLedger(database, clock).list({}, 100)
  expect(records.map(({ kind }) => kind)).not.toContain('unreadable')
  await database.close()
})

it('delivers what waits, once and in order', async () => {
  const harness = await upgraded()
  harness.answerWith(() => answer(200))
  for (let dispatched = 0; dispatched < DISPATCHED; ) {
    const events = await harness.queue.leaseEvents(100)
    for (const event of events) {
      await harness.dispatcher.dispatchEvent(event)
      await harness.queue.acknowledge(event)
    }
    dispatched += events.length
  }
  const messages = harness.requests
    .filter(({ url }) => url === ADDRESSES.backlog)
    .map(({ body }): string => JSON.parse(String(body)).message)
  expect(messages.length).toBeGreaterThanOrEqual(DISPATCHED - 1)
  const numbers = messages.map((message) => Number(message.split(' ')[1]))
  expect(new Set(numbers)).toEqual(new Set(numbers.keys()))
  for (let object = 0; object < BACKLOG_OBJECTS; object += 1) {
    const own = numbers.filter((number) => number % BACKLOG_OBJECTS === object)
    expect(own).toEqual(own.toSorted((a, b) => a - b))
  }
  expect(await harness.queue.depth()).toMatchObject({
    events: BACKLOG_EVENTS + 1 - messages.length - 1,
  })
  // Its own claim, from before, does not stop the one that was under way.
  const claimed = harness.decisions.filter(({ record }) => record.alert?.name === 'claimed')
  expect(claimed).toMatchObject([{ record: { outcome: 'delivered', attempt: 1 } }])
  await harness.close()
})

it('goes on with a retry by its number, and replays the dead', async () => {
  const harness = await upgraded()
  const { id, attempt, dueAt } = recorded('busy')
  const outcomeOf = async (of: string) => (await harness.records()).find((it) => it.id === of)
  expect(await outcomeOf(id)).toMatchObject({ outcome: 'retry', attempt: 3, tries: 2, dueAt })
  harness.clock.set(dueAt)
  harness.answerWith(() => answer(503))
  await dispatchRetries(harness)
  expect(await outcomeOf(id)).toMatchObject({ outcome: 'retry', attempt: attempt + 1, tries: 3 })
  harness.answerWith(() => answer(200))
  harness.clock.advance(10 * MINUTE_MS)
  await dispatchRetries(harness)
  expect(await outcomeOf(id)).toMatchObject({ outcome: 'delivered', attempt: 4, tries: 4 })

  const dead = recorded('gone').id
  expect(await outcomeOf(dead)).toMatchObject({ outcome: 'dead', tries: 1 })
  expect(await requestReplay(harness.ports, dead)).toMatchObject({ kind: 'queued' })
  harness.clock.advance(MINUTE_MS)
  await dispatchRetries(harness)
  expect(await outcomeOf(dead)).toMatchObject({ outcome: 'delivered', tries: 2 })
  expect(harness.requests.map(({ url }) => url)).toEqual([
    ADDRESSES.busy,
    ADDRESSES.busy,
    ADDRESSES.gone,
  ])
  await harness.close()
})

async function dispatchRetries({ queue, dispatcher }: Harness): Promise<void> {
  const retries = await queue.leaseRetries(10)
  expect(retries).toHaveLength(1)
  for (const retry of retries) {
    await dispatcher.dispatchRetry(retry)
    await queue.acknowledgeRetry(retry)
  }
}
