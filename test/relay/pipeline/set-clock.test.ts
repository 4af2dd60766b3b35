import { describe, expect, it } from 'vitest'
import { ClaimsUnderWay } from '../../../relay/pipeline/claim-time.ts'
import { claimSubject, settleSubject, subjectStateKey } from '../../../relay/pipeline/subject.ts'
import type { OutboundRequest } from '../../../relay/ports/http.ts'
import { memoryPorts } from '../../support/memory-ports.ts'
import {
  alert,
  answer,
  createHarness,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

const SET = [
  ['back by hours', -3 * HOUR_MS],
  ['back by a day', -24 * HOUR_MS],
  ['back by ten minutes', -10 * MINUTE_MS],
  ['forward by hours', 3 * HOUR_MS],
] as const

describe('a repeat', () => {
  const start = async (directory: string) => {
    const harness = createHarness({}, { directory })
    await harness.configure(
      provider('a', { type: 'generic', address: 'https://a.test/' }),
      alert('all', 'a'),
    )
    return harness
  }
  const report = async ({ clock, send, drain, requests }: Harness) => {
    const before = requests.length
    await send('kustomization-finished', { timestamp: new Date(clock.now()).toISOString() })
    await drain()
    return requests.length > before ? 'told' : 'suppressed'
  }

  /** What is reported then, in minutes after the clock was set. */
  const reportsAt = async (harness: Harness, minutes: readonly number[]) => {
    const told: string[] = []
    let passed = 0
    for (const minute of minutes) {
      harness.clock.advance((minute - passed) * MINUTE_MS)
      passed = minute
      told.push(`${minute}: ${await report(harness)}`)
    }
    return told
  }

  it.each(SET)('is told again in ten minutes when the clock was set %s', async (_, byMs) => {
    const harness = await start(temporaryDirectory())
    expect(await report(harness)).toBe('told')
    harness.clock.setBy(byMs)
    const first = byMs < 0 ? 'suppressed' : 'told'
    // The window of five minutes lasts ten at most while order times are ahead of the clock.
    expect(await reportsAt(harness, [1, 12, 13, 24])).toEqual([
      `1: ${first}`,
      '12: told',
      '13: suppressed',
      '24: told',
    ])
  })

  it.each(SET)('is too when it was set %s while the relay was down', async (_, byMs) => {
    const directory = temporaryDirectory()
    const before = await start(directory)
    expect(await report(before)).toBe('told')
    const setTo = before.clock.now() + byMs
    await before.close()
    const after = await start(directory)
    after.clock.setBy(setTo - after.clock.now())
    const first = byMs < 0 ? 'suppressed' : 'told'
    expect(await reportsAt(after, [1, 12, 13])).toEqual([
      `1: ${first}`,
      '12: told',
      '13: suppressed',
    ])
  })
})

describe('a retry', () => {
  const start = async (directory: string) => {
    const harness = createHarness({}, { directory })
    await harness.configure(
      provider('a', { type: 'generic', address: 'https://a.test/' }),
      alert('all', 'a'),
    )
    return harness
  }

  /** The relay of after the clock was set while none ran, with one delivery that failed once. */
  const afterSet = async (byMs: number) => {
    const directory = temporaryDirectory()
    const before = await start(directory)
    before.answerWith(() => answer(503))
    await before.send('kustomization-finished')
    await before.drain()
    const setTo = before.clock.now() + byMs
    await before.close()
    const after = await start(directory)
    after.clock.setBy(setTo - after.clock.now())
    // As the host does at its start.
    await after.queue.dueTimes.bringBack()
    return after
  }

  it.each([
    ...SET,
    ['forward by more than a day', 30 * HOUR_MS],
    ['back by more than a day', -30 * HOUR_MS],
  ] as const)(
    'comes in its seconds when the clock was set %s between two lives',
    async (_, byMs) => {
      const after = await afterSet(byMs)
      after.clock.advance(6_000)
      await after.drain()
      expect(after.requests).toHaveLength(1)
      expect((await after.records()).map(({ outcome }) => outcome)).toEqual(['delivered'])
    },
  )

  it.each(SET)('says what the first try said when the clock was set %s', async (_, byMs) => {
    const relay = await start(temporaryDirectory())
    const says = ({ body }: OutboundRequest) => JSON.parse(String(body)).message
    relay.answerWith(() => answer(503))
    await relay.send('kustomization-health-check-failed')
    await relay.drain()
    relay.clock.setBy(byMs)
    relay.queue.clockWasSet(byMs)
    await relay.queue.dueTimes.settled()
    relay.answerWith(() => answer(200))
    relay.clock.advance(MINUTE_MS)
    await relay.drain()
    const [first, second] = relay.requests.map(says)
    expect(relay.requests).toHaveLength(2)
    expect(second).toBe(first)
  })

  it('has one try more, and no other, when the clock went over its day meanwhile', async () => {
    const after = await afterSet(30 * HOUR_MS)
    after.answerWith(() => answer(503))
    while (await after.drainNext());
    await after.drain()
    expect(after.requests).toHaveLength(1)
    const [record] = await after.records()
    expect(record).toMatchObject({
      outcome: 'dead',
      reason: expect.stringMatching(/^given up after 2 tries/),
    })
  })
})

describe('the claim of a subject', () => {
  const claimant = (deliveryId: string, order: string) => ({
    cluster: 'prod',
    subject: { key: 'repository#commit#context', shows: deliveryId },
    ...{ deliveryId, order, timeoutMs: 15_000 },
    reason: 'ReconciliationSucceeded',
  })

  it.each(SET)('that a kill left ends in 90 s when the clock was set %s', async (_, byMs) => {
    const ports = memoryPorts()
    expect((await claimSubject(ports, claimant('one', '1'))).kind).toBe('claimed')
    ports.clock.setBy(byMs)
    const other = async () => (await claimSubject(ports, claimant('two', '2'))).kind
    expect(await other()).toBe(byMs < 0 ? 'busy' : 'claimed')
    ports.clock.advance(90_001)
    expect(await other()).toBe('claimed')
  })

  it.each(SET)('holds while its request is under way, the clock set %s', async (_, byMs) => {
    const ports = memoryPorts()
    const underWay = new ClaimsUnderWay(ports.clock)
    const first = await claimSubject(ports, claimant('one', '1'), underWay)
    if (first.kind !== 'claimed') throw new Error(first.kind)
    ports.clock.setBy(byMs)
    ports.clock.advance(10_000)
    const next = async () => (await claimSubject(ports, claimant('two', '2'), underWay)).kind
    expect(await next()).toBe('busy')
    await settleSubject(ports, first.claim, { kind: 'delivered' }, underWay)
    expect(await next()).toBe('claimed')
  })

  it('is let go in time when nobody knows what became of its request', async () => {
    const ports = memoryPorts()
    const underWay = new ClaimsUnderWay(ports.clock)
    const first = await claimSubject(ports, claimant('one', '1'), underWay)
    if (first.kind !== 'claimed') throw new Error(first.kind)
    const lost = { kind: 'retry', reason: 'timeout', applied: 'in-flight' } as const
    await settleSubject(ports, first.claim, lost, underWay)
    ports.clock.setBy(HOUR_MS)
    const next = async () => (await claimSubject(ports, claimant('two', '2'), underWay)).kind
    ports.clock.advance(44_999)
    expect(await next()).toBe('busy')
    ports.clock.advance(1)
    expect(await next()).toBe('claimed')
  })

  it('of before the clock was set back is stored with an end that is near', async () => {
    const ports = memoryPorts()
    await claimSubject(ports, claimant('one', '1'))
    ports.clock.setBy(-5 * HOUR_MS)
    await claimSubject(ports, claimant('two', '2'))
    const { cluster, subject } = claimant('one', '1')
    const stored = await ports.state.read(subjectStateKey(cluster, subject))
    expect(stored?.value).toMatchObject({ claim: { until: ports.clock.now() + 90_000 } })
  })
})
