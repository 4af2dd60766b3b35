import { describe, expect, it } from 'vitest'
import type { QueuedEvent } from '../../../relay/model/queue-messages.ts'
import { requestReplay } from '../../../relay/pipeline/replay.ts'
import { gate } from '../../support/recording-sink.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const COMMIT = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const MINUTE_MS = 60_000

/** An event of a Kustomization about the one commit, `seconds` after the first. */
function report(name: string, severity: 'info' | 'error', seconds: number) {
  return {
    involvedObject: {
      kind: 'Kustomization',
      namespace: 'flux-system',
      name,
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    },
    severity,
    timestamp: new Date(Date.UTC(2026, 10, 20, 9, 0, seconds)).toISOString(),
    message: `report ${seconds} of ${name}`,
    reason: severity === 'info' ? 'ReconciliationSucceeded' : 'ReconciliationFailed',
    metadata: { 'kustomize.toolkit.fluxcd.io/revision': `main@sha1:${COMMIT}` },
  }
}

/** All objects report to one status of the commit. */
async function withSharedStatus(): Promise<Harness> {
  const harness = createHarness()
  harness.secrets.set(`${CLUSTER}/flux-system/github`, { token: 'ghp_example' })
  const spec = {
    type: 'github',
    address: 'https://github.com/example/fleet-infra',
    secretRef: { name: 'github' },
    commitStatusExpr: "'all'",
  }
  await harness.configure(provider('github', spec), alert('podinfo', 'github'))
  harness.answerWith(() => answer(201))
  return harness
}

async function handle(harness: Harness, event: object): Promise<void> {
  await harness.sendJson(event)
  await harness.drain()
}

/** Lets time pass, and dispatches what is due then. */
async function passTime(harness: Harness, ms: number): Promise<void> {
  harness.clock.advance(ms)
  await harness.drain()
}

/** A first report was sent, and a second of the same result has met a kill. */
async function withUnacknowledgedReport(): Promise<Harness> {
  const harness = await withSharedStatus()
  await handle(harness, report('a', 'info', 1))
  await harness.sendJson(report('a', 'info', 2))
  await dispatchAndDie(harness)
  return harness
}

/** Dispatches the one event that is queued, and is killed before it can acknowledge it. */
async function dispatchAndDie(harness: Harness): Promise<void> {
  const [event] = await harness.queue.leaseEvents(10)
  await harness.dispatcher.dispatchEvent(event as QueuedEvent)
  harness.queue.release(event as QueuedEvent, harness.clock.now() + 1)
}

const outcomes = async (harness: Harness) =>
  (await harness.records()).map(({ event, outcome, repeats }) => [event.message, outcome, repeats])

describe('an event that comes again after a kill', () => {
  it('is counted as unchanged once, and so is what comes after it', async () => {
    const harness = await withUnacknowledgedReport()
    await passTime(harness, 1)
    const counted = async () =>
      (await outcomes(harness)).filter(([, outcome]) => outcome === 'suppressed')
    expect(await counted()).toEqual([['report 2 of a', 'suppressed', 0]])
    await handle(harness, report('a', 'info', 3))
    expect(await counted()).toEqual([['report 3 of a', 'suppressed', 1]])
    expect(harness.requests).toHaveLength(1)
  })

  it('is counted as unchanged once, though a newer event of another object came first', async () => {
    const harness = await withUnacknowledgedReport()
    await handle(harness, report('b', 'error', 3))
    await passTime(harness, 1)

    expect(await outcomes(harness)).toHaveLength(3)
    expect(await outcomes(harness)).toEqual(
      expect.arrayContaining([
        ['report 1 of a', 'delivered', 0],
        ['report 2 of a', 'suppressed', 0],
        ['report 3 of b', 'delivered', 0],
      ]),
    )
  })

  it('is counted as unchanged once, though the destination is parked when it comes again', async () => {
    const harness = await withUnacknowledgedReport()
    harness.answerWith(() => answer(429))
    await handle(harness, report('b', 'error', 3))
    await passTime(harness, 1)
    harness.answerWith(() => answer(201))
    await passTime(harness, 10 * MINUTE_MS)

    expect((await outcomes(harness)).sort()).toEqual([
      ['report 1 of a', 'delivered', 0],
      ['report 2 of a', 'suppressed', 0],
      ['report 3 of b', 'delivered', 0],
    ])
  })

  it('stays suppressed as a repeat, however long the relay was away', async () => {
    const harness = createHarness()
    const webhook = provider('a', { type: 'generic', address: 'https://a.test/' })
    await harness.configure(webhook, alert('all', 'a'))
    await handle(harness, report('a', 'info', 1))
    await harness.sendJson({ ...report('a', 'info', 2), message: 'report 1 of a' })
    await dispatchAndDie(harness)
    await passTime(harness, 15 * MINUTE_MS)

    expect((await outcomes(harness)).map(([, outcome]) => outcome).sort()).toEqual([
      'delivered',
      'suppressed',
    ])
    expect(harness.requests).toHaveLength(1)
  })
})

/** The states that the commit was set to, in their order. */
const shownStates = ({ requests }: Harness) =>
  requests.map(({ body }) => (JSON.parse(String(body)) as { readonly state: string }).state)

describe('a batch that is sent again once the queue has forgotten it', () => {
  // A newer status, and what came before it and is only counted as unchanged.
  const batch = [report('a', 'info', 2), report('a', 'info', 3), report('a', 'error', 4)]
  const sendBatch = async (harness: Harness) => {
    for (const event of batch) await harness.sendJson(event)
    await harness.drain()
  }

  it('does not bring back an older status', async () => {
    const harness = await withSharedStatus()
    await handle(harness, report('a', 'info', 1))
    await sendBatch(harness)
    harness.clock.advance(6 * MINUTE_MS)
    await sendBatch(harness)

    expect(shownStates(harness)).toEqual(['success', 'failure'])
  })

  it('does not supersede the newer status that waits for its destination', async () => {
    const harness = await withSharedStatus()
    await handle(harness, report('a', 'info', 1))
    for (const event of batch.slice(0, 2)) await harness.sendJson(event)
    await harness.drain()
    harness.answerWith(() => answer(503))
    for (const event of batch.slice(2)) await harness.sendJson(event)
    await harness.drain()
    harness.clock.advance(6 * MINUTE_MS)
    await sendBatch(harness)
    harness.answerWith(() => answer(201))
    for (let retry = 0; retry < 5; retry += 1) {
      harness.clock.advance(60 * MINUTE_MS)
      await harness.drain()
    }

    expect(shownStates(harness).at(-1)).toBe('failure')
    expect((await outcomes(harness)).sort()).toContainEqual(['report 4 of a', 'delivered', 0])
  })

  it('sends an event that is the first of its status to be heard of again', async () => {
    const harness = await withSharedStatus()
    await handle(harness, report('a', 'info', 1))
    await sendBatch(harness)
    harness.clock.advance(6 * MINUTE_MS)
    await sendBatch(harness)
    await harness.sendJson(report('a', 'info', 5))
    await harness.drain()

    expect(shownStates(harness)).toEqual(['success', 'failure', 'success'])
  })
})

describe('events of one status that are unchanged', () => {
  it('are all counted, though the ledger hears of a later one first', async () => {
    const harness = await withSharedStatus()
    await handle(harness, report('a', 'info', 1))
    const { ledger } = harness.ports
    const readMany = ledger.readMany.bind(ledger)
    const [reached, held] = [gate(), gate()]
    let reads = 0
    // The older event's read of the counter is slow, as another process's can be.
    ledger.readMany = async (ids) => {
      reads += 1
      if (reads === 1) {
        reached.open()
        await held.opened
      }
      return readMany(ids)
    }
    await harness.sendJson(report('a', 'info', 2))
    await harness.sendJson(report('b', 'info', 3))
    const [older, newer] = await harness.queue.leaseEvents(10)
    const slow = harness.dispatcher.dispatchEvent(older as QueuedEvent)
    await reached.opened
    await harness.dispatcher.dispatchEvent(newer as QueuedEvent)
    held.open()
    await slow

    const counted = (await harness.records()).filter(({ outcome }) => outcome === 'suppressed')
    expect(counted.reduce((sum, { repeats }) => sum + repeats + 1, 0)).toBe(2)
  })
})

describe('a replay', () => {
  async function withDead(directory = temporaryDirectory()) {
    const harness = createHarness({}, { directory })
    const webhook = provider('a', { type: 'generic', address: 'https://a.test/' })
    await harness.configure(webhook, alert('all', 'a'))
    harness.answerWith(() => answer(400))
    await handle(harness, report('a', 'info', 1))
    harness.answerWith(() => answer(200))
    const [dead] = await harness.records()
    return { harness, id: String(dead?.id) }
  }
  const killed = new Error('killed')

  it('goes on after a kill between the ledger and the queue', async () => {
    const directory = temporaryDirectory()
    const { harness: before, id } = await withDead(directory)
    const { queue } = before.ports
    const sendRetries = queue.sendRetries.bind(queue)
    queue.sendRetries = async (messages) => {
      if (messages.some(({ attempt }) => attempt === 2)) throw killed
      await sendRetries(messages)
    }
    await expect(requestReplay(before.ports, id)).rejects.toBe(killed)
    await before.close()

    const harness = createHarness({}, { directory })
    await harness.drain()
    expect(await outcomes(harness)).toEqual([['report 1 of a', 'delivered', 0]])
  })

  it('that is killed before the ledger leaves a dead letter, which can be replayed', async () => {
    const { harness, id } = await withDead()
    const { ledger } = harness.ports
    const writeMany = ledger.writeMany.bind(ledger)
    ledger.writeMany = () => Promise.reject(killed)
    await expect(requestReplay(harness.ports, id)).rejects.toBe(killed)
    ledger.writeMany = writeMany

    while (await harness.drainNext());
    expect(await outcomes(harness)).toEqual([['report 1 of a', 'dead', 0]])
    await requestReplay(harness.ports, id)
    await harness.drain()
    expect(await outcomes(harness)).toEqual([['report 1 of a', 'delivered', 0]])
  })

  it('sends once, and its guard is dropped', async () => {
    const { harness, id } = await withDead()
    await requestReplay(harness.ports, id)
    await harness.drain()
    while (await harness.drainNext());
    expect(harness.requests).toHaveLength(2)
    expect((await harness.queue.depth()).retries).toBe(0)
  })
})

describe('a delivery that is due only after 24 hours, because the relay was away', () => {
  it('is tried once more before it is given up, though others are in its way', async () => {
    const harness = createHarness()
    const webhook = provider('a', { type: 'generic', address: 'https://a.test/' })
    await harness.configure(webhook, alert('all', 'a'))
    harness.answerWith(() => answer(503))
    for (let index = 0; index < 150; index += 1) {
      await harness.sendJson(report(`app-${index}`, 'info', 1))
    }
    await harness.drain()
    harness.clock.advance(25 * 60 * MINUTE_MS)
    harness.answerWith(() => answer(200))
    const due = await harness.queue.leaseRetries(200)
    await Promise.all(due.map((message) => harness.dispatcher.dispatchRetry(message)))

    const reasons = (await harness.records()).map(({ outcome, reason }) => `${outcome}: ${reason}`)
    expect(reasons.filter((text) => text.startsWith('dead'))).toEqual([])
  })
})
