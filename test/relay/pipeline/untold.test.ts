import { describe, expect, it } from 'vitest'
import type { QueuedEvent } from '../../../relay/model/queue-messages.ts'
import { DamagedRecord } from '../../../relay/model/stored/errors.ts'
import { objectGroupKey } from '../../../relay/pipeline/accept.ts'
import { readObjectState } from '../../../relay/pipeline/object-memory.ts'
import { requestReplay } from '../../../relay/pipeline/replay.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'

const MINUTE_MS = 60_000
const hook = (path = '', spec: Record<string, unknown> = {}) =>
  provider('hook', { type: 'generic', address: `https://hook.test/${path}`, ...spec })

/** Reports the same of one object once more, `minutes` later, and dispatches all. */
async function report(harness: Harness, minutes = 1, changes: Record<string, unknown> = {}) {
  harness.clock.advance(minutes * MINUTE_MS)
  const timestamp = new Date(harness.clock.now()).toISOString()
  await harness.send('kustomization-finished', { timestamp, ...changes })
  await harness.drain()
}

/** What became of each event for each Alert, in the order in which it was decided first. */
async function ledger(harness: Harness): Promise<readonly string[]> {
  const records = (await harness.records()).toSorted((a, b) =>
    a.createdAt - b.createdAt || (a.alert?.name ?? '') < (b.alert?.name ?? '') ? -1 : 1,
  )
  return records.map(({ alert, outcome }) => `${alert?.name ?? '-'} ${outcome}`)
}

/** What keeps the first report from being told, and what mends that. */
interface Untold {
  readonly prepare: (harness: Harness) => Promise<void>
  readonly mend: (harness: Harness) => Promise<void>
  readonly first: string
}

const UNTOLD: Readonly<Record<string, Untold>> = {
  'a wrong hook': {
    async prepare(harness) {
      await harness.configure(hook('wrong'), alert('all', 'hook'))
      harness.answerWith(({ url }) => answer(url.endsWith('wrong') ? 404 : 200))
    },
    mend: (harness) => harness.configure(hook('right'), alert('all', 'hook')),
    first: 'all dead',
  },
  'an address that is gone': {
    async prepare(harness) {
      await harness.configure(hook(), alert('all', 'hook'))
      harness.answerWith(() => answer(410))
    },
    mend: async (harness) => harness.answerWith(() => answer(204)),
    first: 'all dead',
  },
  'no Alert': {
    prepare: (harness) => harness.configure(hook()),
    mend: (harness) => harness.configure(hook(), alert('all', 'hook')),
    first: '- skipped',
  },
  'an Alert for errors only': {
    prepare: (harness) =>
      harness.configure(hook(), alert('all', 'hook', { eventSeverity: 'error' })),
    mend: (harness) => harness.configure(hook(), alert('all', 'hook')),
    first: '- skipped',
  },
  'a suspended Alert': {
    prepare: (harness) => harness.configure(hook(), alert('all', 'hook', { suspend: true })),
    mend: (harness) => harness.configure(hook(), alert('all', 'hook')),
    first: 'all skipped',
  },
  'a suspended Provider': {
    prepare: (harness) => harness.configure(hook('', { suspend: true }), alert('all', 'hook')),
    mend: (harness) => harness.configure(hook(), alert('all', 'hook')),
    first: 'all skipped',
  },
  'an exclusion list': {
    prepare: (harness) => harness.configure(hook(), alert('all', 'hook', { exclusionList: ['.'] })),
    mend: (harness) => harness.configure(hook(), alert('all', 'hook')),
    first: 'all skipped',
  },
  'a token that is refused': {
    async prepare(harness) {
      harness.secrets.set(`${CLUSTER}/flux-system/hook`, {
        headers: 'Authorization: Bearer old',
      })
      await harness.configure(hook('', { secretRef: { name: 'hook' } }), alert('all', 'hook'))
      harness.answerWith(({ headers }) =>
        answer(headers.authorization === 'Bearer new' ? 200 : 401),
      )
    },
    mend: async (harness) => {
      harness.secrets.set(`${CLUSTER}/flux-system/hook`, {
        headers: 'Authorization: Bearer new',
      })
    },
    first: 'all dead',
  },
}

describe.each(Object.entries(UNTOLD))('what was not told for %s', (_, { prepare, mend, first }) => {
  it('is told once that is mended, and is a repeat from then on', async () => {
    const harness = createHarness()
    await prepare(harness)
    await report(harness)
    expect(await ledger(harness)).toEqual([first])

    await mend(harness)
    await report(harness)
    expect(await ledger(harness)).toEqual([first, 'all delivered'])

    const [told] = await harness.records()
    await report(harness, 4)
    expect(await ledger(harness)).toEqual([first, 'all delivered', '- suppressed'])
    expect((await harness.records())[0]?.reason).toMatch(
      new RegExp(`^repeats the event ${told?.eventId.slice(0, 12)} of 2026-11-20T09:16:03.000Z$`),
    )
    // Five minutes after it was told, not after it was reported first.
    await report(harness, 1)
    expect((await ledger(harness)).at(-1)).toBe('all delivered')
  })

  it('is not told while it is not mended, however often it is reported', async () => {
    const harness = createHarness()
    await prepare(harness)
    for (let reports = 0; reports < 20; reports += 1) await report(harness, 0.1)
    expect(await ledger(harness)).toEqual(Array(20).fill(first))
    await mend(harness)
    await report(harness, 0.1)
    expect((await ledger(harness)).at(-1)).toBe('all delivered')
  })
})

describe('a second Alert', () => {
  it('is told, and the first is not told again', async () => {
    const harness = createHarness()
    await harness.configure(hook(), alert('first', 'hook'))
    await report(harness)
    const [told] = await harness.records()
    await harness.configure(hook(), alert('first', 'hook'), alert('second', 'hook'))
    await report(harness)
    expect(await ledger(harness)).toEqual([
      'first delivered',
      'first suppressed',
      'second delivered',
    ])
    const records = await harness.records()
    const suppressed = records.find(({ outcome }) => outcome === 'suppressed')
    expect(suppressed).toMatchObject({
      kind: 'delivery',
      alert: { name: 'first' },
      provider: { name: 'hook', type: 'generic' },
      reason: `repeats the event ${told?.eventId.slice(0, 12)} of 2026-11-20T09:15:03.000Z`,
      tries: 0,
      attempts: [],
    })
    expect(harness.requests).toHaveLength(2)

    // What both were told is one record, which names both events.
    const second = records.find(({ alert }) => alert?.name === 'second')
    await report(harness)
    expect(await ledger(harness)).toHaveLength(4)
    expect((await harness.records())[0]).toMatchObject({ kind: 'event', outcome: 'suppressed' })
    expect((await harness.records())[0]?.reason).toBe(
      `repeats the events ${told?.eventId.slice(0, 12)} of 2026-11-20T09:15:03.000Z and ` +
        `${second?.eventId.slice(0, 12)} of 2026-11-20T09:16:03.000Z`,
    )
  })

  it('that fails each time keeps nobody from being told once only', async () => {
    const harness = createHarness()
    const broken = { ...hook('broken'), metadata: { ...hook().metadata, name: 'broken' } }
    await harness.configure(hook(), broken, alert('good', 'hook'), alert('bad', 'broken'))
    harness.answerWith(({ url }) => answer(url.endsWith('broken') ? 400 : 200))
    // Within the interval, and more than are remembered of one object.
    const reports = 70
    for (let count = 0; count < reports; count += 1) await report(harness, 4 / 60)
    const lines = await ledger(harness)
    expect(lines.filter((line) => line === 'good delivered')).toHaveLength(1)
    expect(lines.filter((line) => line === 'good suppressed')).toHaveLength(reports - 1)
    expect(lines.filter((line) => line === 'bad dead')).toHaveLength(reports)
  })

  it('that is not for the event is in no record of a repeat', async () => {
    const harness = createHarness()
    await harness.configure(
      hook(),
      alert('quiet', 'hook', { exclusionList: ['finished'] }),
      alert('told', 'hook'),
    )
    await report(harness)
    await report(harness)
    expect(await ledger(harness)).toEqual(['quiet skipped', 'told delivered', '- suppressed'])
  })
})

describe('what waits', () => {
  it('for its next try is told: another report of it is a repeat', async () => {
    const harness = createHarness()
    await harness.configure(hook(), alert('all', 'hook'))
    harness.answerWith(() => answer(503))
    await report(harness)
    await report(harness, 0)
    expect(await ledger(harness)).toEqual(['all retry'])
    await report(harness, 0.01)
    expect((await ledger(harness)).toSorted()).toEqual(['- suppressed', 'all retry'])
    // It comes to nothing, and so the next report is told.
    harness.answerWith(() => answer(400))
    await harness.drainNext()
    harness.answerWith(() => answer(200))
    await report(harness)
    expect((await ledger(harness)).toSorted()).toEqual([
      '- suppressed',
      'all dead',
      'all delivered',
    ])
  })

  it('for a configuration waits for every Alert', async () => {
    const harness = createHarness()
    await report(harness, 0)
    await report(harness, 0.01)
    await report(harness, 0.01)
    expect((await ledger(harness)).toSorted()).toEqual(['- retry', '- suppressed', '- suppressed'])
    await harness.configure(hook(), alert('all', 'hook'))
    await report(harness, 0.01)
    while (await harness.drainNext());
    expect(harness.requests).toHaveLength(1)
    await report(harness, 0.01)
    expect(harness.requests).toHaveLength(1)
  })

  it('for its Provider, and comes with it, is told once', async () => {
    const harness = createHarness()
    await harness.configure(alert('all', 'hook'))
    await report(harness, 0)
    await report(harness, 0.01)
    expect((await ledger(harness)).toSorted()).toEqual(['- suppressed', 'all retry'])
    await harness.configure(hook(), alert('all', 'hook'))
    while (await harness.drainNext());
    expect(harness.requests).toHaveLength(1)
  })
})

describe('a replay', () => {
  it('of a repeat is told, for one Alert and for all', async () => {
    const harness = createHarness()
    await harness.configure(hook(), alert('first', 'hook'))
    await report(harness)
    await harness.configure(hook(), alert('first', 'hook'), alert('second', 'hook'))
    await report(harness)
    await report(harness)
    const suppressed = (await harness.records()).filter(({ outcome }) => outcome === 'suppressed')
    expect(suppressed.map(({ kind }) => kind).toSorted()).toEqual(['delivery', 'event'])
    const before = harness.requests.length
    for (const { id } of suppressed) {
      expect(await requestReplay(harness.ports, id)).toMatchObject({ kind: 'queued' })
    }
    await harness.drain()
    expect(harness.requests).toHaveLength(before + 3)
  })

  it('that was delivered makes the next report a repeat', async () => {
    const harness = createHarness()
    await harness.configure(hook(), alert('all', 'hook'))
    harness.answerWith(() => answer(404))
    await report(harness)
    const [dead] = await harness.records()
    await report(harness, 0.5)
    harness.answerWith(() => answer(200))
    await requestReplay(harness.ports, String(dead?.id))
    await harness.drain()
    await report(harness)
    expect((await harness.records())[0]?.reason).toContain(
      `repeats the event ${dead?.eventId.slice(0, 12)} of`,
    )
  })
})

describe('an event that comes again', () => {
  /** Dispatches the one event that is queued, and is killed before it can acknowledge it. */
  async function dispatchAndDie(harness: Harness): Promise<void> {
    const [event] = await harness.queue.leaseEvents(1)
    await harness.dispatcher.dispatchEvent(event as QueuedEvent).catch(() => undefined)
    harness.queue.release(event as QueuedEvent, harness.clock.now())
  }

  /** Accepts a report, and does not dispatch it. */
  async function accept(harness: Harness): Promise<void> {
    harness.clock.advance(MINUTE_MS)
    await harness.send('kustomization-finished', {
      timestamp: new Date(harness.clock.now()).toISOString(),
    })
  }

  /** From now on so many records are written, and then none. */
  function failAfter(harness: Harness, writes: number): () => void {
    const { ledger } = harness.ports
    const writeMany = ledger.writeMany.bind(ledger)
    let left = writes
    ledger.writeMany = async (records) => {
      left -= 1
      if (left < 0) throw new Error('killed')
      return writeMany(records)
    }
    return () => {
      ledger.writeMany = writeMany
    }
  }

  it('after it was sent and before that was written is no repeat of itself', async () => {
    const harness = createHarness()
    await harness.configure(hook(), alert('all', 'hook'))
    await accept(harness)
    const mend = failAfter(harness, 0)
    await dispatchAndDie(harness)
    mend()
    await harness.drain()
    expect(await ledger(harness)).toEqual(['all delivered'])
    expect(harness.requests).toHaveLength(2)
    await report(harness)
    expect((await ledger(harness)).at(-1)).toBe('- suppressed')
  })

  it('after a newer one of another severity hides nothing that happens again', async () => {
    const harness = createHarness()
    await harness.configure(hook(), alert('all', 'hook'))
    const failed = { severity: 'error', message: 'failed' }
    const timestamp = new Date(harness.clock.now()).toISOString()
    await harness.send('kustomization-finished', { timestamp, ...failed })
    const [first] = await harness.queue.leaseEvents(1)
    if (!first) throw new Error('nothing is queued')
    await harness.dispatcher.dispatchEvent(first)
    await harness.queue.acknowledge(first)
    await report(harness)
    // Such as a sender that asks again after the queue has forgotten the first one.
    const { isNew: _, ...again } = first
    await harness.dispatcher.dispatchEvent(again)
    await report(harness, 1, failed)
    expect(await ledger(harness)).toEqual(['all delivered', 'all delivered', 'all delivered'])
    expect(harness.requests).toHaveLength(3)
  })

  it('is remembered once, however often it comes', async () => {
    const harness = createHarness()
    await harness.configure(hook(), alert('all', 'hook'))
    await accept(harness)
    const mend = failAfter(harness, 0)
    for (let times = 0; times < 3; times += 1) await dispatchAndDie(harness)
    mend()
    await harness.drain()
    const [{ event } = { event: undefined }] = await harness.records()
    if (event === undefined) throw new Error('nothing is recorded')
    const group = objectGroupKey(CLUSTER, event.involvedObject)
    const known = await readObjectState(harness.ports, { cluster: CLUSTER, group, event })
    expect(known?.value.seen).toHaveLength(1)
  })

  it.each([0, 1, 2])(
    'after %i of its records were written stays a repeat for the one Alert, and is told to the others',
    async (writes) => {
      const harness = createHarness()
      await harness.configure(hook(), alert('first', 'hook'))
      await report(harness)
      const others = [alert('second', 'hook'), alert('third', 'hook')]
      await harness.configure(hook(), alert('first', 'hook'), ...others)
      await accept(harness)
      const mend = failAfter(harness, writes)
      await dispatchAndDie(harness)
      mend()
      await harness.drain()
      expect(await ledger(harness)).toEqual([
        'first delivered',
        'first suppressed',
        'second delivered',
        'third delivered',
      ])
    },
  )

  it('has no record of its own beside those of its Alerts, though all were told meanwhile', async () => {
    const harness = createHarness()
    await harness.configure(hook(), alert('first', 'hook'))
    await report(harness)
    await harness.configure(hook(), alert('first', 'hook'), alert('second', 'hook'))
    await accept(harness)
    const mend = failAfter(harness, 1)
    await dispatchAndDie(harness)
    mend()
    // The second Alert is gone when it comes again.
    await harness.configure(hook(), alert('first', 'hook'))
    await harness.drain()
    expect((await harness.records()).filter(({ kind }) => kind === 'event')).toEqual([])
  })
})

describe('what is remembered of an object', () => {
  it('is read without the ledger for what is no repeat', async () => {
    const harness = createHarness()
    await harness.configure(hook(), alert('all', 'hook'))
    let reads = 0
    const { ledger } = harness.ports
    const readMany = ledger.readMany.bind(ledger)
    ledger.readMany = (ids) => {
      reads += 1
      return readMany(ids)
    }
    for (let index = 0; index < 5; index += 1) {
      await report(harness, 1, { message: `step ${index}` })
    }
    expect(reads).toBe(0)
    await report(harness, 1, { message: 'step 4' })
    expect(reads).toBe(1)
  })

  it('is bounded, however often it fails and in how many words', async () => {
    const harness = createHarness({ rateLimitIntervalMs: 24 * 60 * MINUTE_MS })
    await harness.configure(hook(), alert('all', 'hook'))
    harness.answerWith(() => answer(400))
    const { state } = harness.ports
    const write = state.write.bind(state)
    let largest = 0
    state.write = (...parts) => {
      largest = Math.max(largest, JSON.stringify(parts[1]).length)
      return write(...parts)
    }
    for (let index = 0; index < 150; index += 1) {
      await report(harness, 0.1, { message: `failed in step ${index % 50}` })
    }
    for (let index = 0; index < 150; index += 1) await report(harness, 0.1)
    // 64 events of under 200 bytes.
    expect(largest).toBeLessThan(64 * 200)
  })

  it('that cannot be read of an earlier event makes the next one no repeat', async () => {
    const harness = createHarness()
    await harness.configure(hook(), alert('all', 'hook'))
    await report(harness)
    const [told] = await harness.records()
    const { ledger } = harness.ports
    const readMany = ledger.readMany.bind(ledger)
    ledger.readMany = async (ids) => {
      if (ids.includes(String(told?.id))) throw new DamagedRecord('delivery record', 'of a test')
      return readMany(ids)
    }
    await report(harness)
    expect(harness.requests).toHaveLength(2)
    // And then it is one of the event that was told.
    await report(harness)
    expect(harness.requests).toHaveLength(2)
  })
})

it('reads the records of an event with hundreds of Alerts in slices', async () => {
  const ALERTS = 350
  const harness = createHarness()
  const alerts = Array.from({ length: ALERTS }, (_, index) => alert(`alert-${index}`, 'hook'))
  const half = alerts.filter((_, index) => index % 2 === 0)
  await harness.configure(hook(), ...half)
  await report(harness)
  let most = 0
  const { ledger } = harness.ports
  const readMany = ledger.readMany.bind(ledger)
  ledger.readMany = (ids) => {
    most = Math.max(most, ids.length)
    return readMany(ids)
  }
  await harness.configure(hook(), ...alerts)
  await report(harness)
  await report(harness)
  expect(most).toBeLessThanOrEqual(100)
  const counts: Record<string, number> = {}
  for (const { record } of harness.decisions) {
    if (record.outcome === 'retry') continue
    const line = `${record.kind} ${record.outcome} of ${record.eventId.slice(0, 4)}`
    counts[line] = (counts[line] ?? 0) + 1
  }
  expect(Object.values(counts)).toEqual([ALERTS / 2, ALERTS / 2, ALERTS / 2, 1])
})
