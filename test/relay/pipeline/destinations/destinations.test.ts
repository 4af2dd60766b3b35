import { describe, expect, it } from 'vitest'
import {
  type Admission,
  createDestinations,
  type Treatment,
} from '../../../../relay/pipeline/destinations/destinations.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { alert, answer, createHarness, provider } from '../../../support/relay-harness.ts'

const HOOK = { key: 'a', host: 'hooks.test' }
const FAILED: Treatment = { kind: 'failed' }
const ANSWERED: Treatment = { kind: 'answered' }

function setUp(concurrencyPerHost = 10) {
  const clock = new ManualClock()
  const destinations = createDestinations(clock, { placesPerHost: concurrencyPerHost })
  let count = 0
  /** A delivery of its own each time, unless one is named. */
  const enter = (key = HOOK.key, delivery?: string) => {
    count += 1
    const order = String(count).padStart(6, '0')
    return destinations.enter({
      ...HOOK,
      key,
      delivery: delivery ?? `delivery ${count}`,
      order,
      bytes: 1,
    })
  }
  const tryOnce = async (treatment: Treatment, key = HOOK.key, delivery?: string) => {
    const admission = await enter(key, delivery)
    if (admission.kind === 'admitted') admission.leave(treatment)
    return admission
  }
  return { clock, destinations, enter, tryOnce }
}

const isAdmitted = (admission: Admission) => admission.kind === 'admitted'

describe('parking', () => {
  it('begins after three failures in a row, and a success in between begins anew', async () => {
    const { tryOnce } = setUp()
    for (const treatment of [FAILED, FAILED, ANSWERED, FAILED, FAILED]) await tryOnce(treatment)
    expect(isAdmitted(await tryOnce(FAILED))).toBe(true)
    expect(await tryOnce(FAILED)).toMatchObject({
      kind: 'refused',
      reason:
        'parked: hooks.test failed 3 times in a row; the next probe is at 2026-11-20T09:14:08.000Z',
      waitMs: 5_500,
    })
  })

  it('keeps no delivery waiting whose turn came while the others were refused', async () => {
    const { clock, enter, tryOnce } = setUp(2)
    const slow = await enter()
    for (let i = 0; i < 3; i += 1) await tryOnce(FAILED)
    await enter('b')
    clock.advance(5_000)
    const waits = enter()
    // From now on each reading takes a millisecond: it is parked when that is asked, and over right after.
    const elapsed = clock.elapsed.bind(clock)
    clock.elapsed = () => {
      clock.advance(1)
      return elapsed()
    }
    if (slow.kind === 'admitted') slow.leave({ kind: 'limited', retryAfterMs: 3 })
    expect(isAdmitted(await waits)).toBe(true)
  })

  it('is counted by cluster, from its beginning to the first answer', async () => {
    const { tryOnce, clock, destinations } = setUp()
    expect(destinations.parkedCounts()).toEqual(new Map())
    for (const key of ['prod#1#h', 'prod#2#h', 'staging#1#h']) {
      for (let i = 0; i < 3; i += 1) await tryOnce(FAILED, key)
    }
    for (let i = 0; i < 2; i += 1) await tryOnce(FAILED, 'dev#1#h')
    const counts = { prod: 2, staging: 1 }
    expect(Object.fromEntries(destinations.parkedCounts())).toEqual(counts)
    clock.advance(5_000)
    await tryOnce(FAILED, 'prod#1#h')
    await tryOnce(ANSWERED, 'staging#1#h')
    expect(Object.fromEntries(destinations.parkedCounts())).toEqual({ prod: 2 })
  })

  it('is told with the last real error and the next probe, and failures before it too', async () => {
    const { tryOnce, clock, destinations } = setUp()
    expect(destinations.failing()).toEqual([])
    const key = 'prod#uid-1#hooks.test:8443'
    const of = { key, cluster: 'prod', providerUid: 'uid-1', host: 'hooks.test:8443' }
    await tryOnce({ kind: 'failed', error: '500: down' }, key)
    expect(destinations.failing()).toEqual([{ ...of, failures: 1, error: '500: down' }])
    for (let i = 0; i < 2; i += 1) await tryOnce({ kind: 'failed', error: '503: busy' }, key)
    // A refusal because it is parked says nothing new.
    await tryOnce(FAILED, key)
    expect(destinations.failing()).toEqual([
      { ...of, failures: 3, error: '503: busy', probeAt: clock.now() + 5_000 },
    ])
    await tryOnce({ kind: 'limited', retryAfterMs: 90_000 }, 'dev#uid-2#h')
    expect(destinations.failing()[1]).toMatchObject({
      cluster: 'dev',
      probeAt: clock.now() + 90_000,
    })
    clock.advance(5_000)
    await tryOnce(ANSWERED, key)
    expect(destinations.failing().map(({ cluster }) => cluster)).toEqual(['dev'])
  })

  it('says nothing of a delivery that fails while others are answered', async () => {
    const { tryOnce, destinations } = setUp()
    await tryOnce(FAILED, 'prod#1#h', 'bad')
    await tryOnce(ANSWERED, 'prod#1#h')
    await tryOnce(FAILED, 'prod#1#h', 'bad')
    expect(destinations.failing()).toEqual([])
  })

  it('begins at once after a 429, and lasts as long as it asks', async () => {
    const { tryOnce, clock } = setUp()
    await tryOnce({ kind: 'limited', retryAfterMs: 90_000 })
    clock.advance(89_999)
    expect(isAdmitted(await tryOnce(ANSWERED))).toBe(false)
    clock.advance(1)
    expect(isAdmitted(await tryOnce(ANSWERED))).toBe(true)
    expect(isAdmitted(await tryOnce(ANSWERED))).toBe(true)
  })

  it('lets one probe through, on which the others wait', async () => {
    const { tryOnce, enter, clock } = setUp()
    for (let i = 0; i < 3; i += 1) await tryOnce(FAILED)
    clock.advance(5_000)
    const probe = await enter()
    expect(isAdmitted(probe)).toBe(true)
    expect(isAdmitted(await enter())).toBe(false)
    if (probe.kind === 'admitted') probe.leave(ANSWERED)
    expect(isAdmitted(await tryOnce(ANSWERED))).toBe(true)
  })

  it('lets the next one probe when a probe found nothing out', async () => {
    const { tryOnce, clock } = setUp()
    for (let i = 0; i < 3; i += 1) await tryOnce(FAILED)
    clock.advance(5_000)
    await tryOnce({ kind: 'unknown' })
    expect(isAdmitted(await tryOnce(ANSWERED))).toBe(true)
  })

  it('doubles with each failed probe, up to ten minutes', async () => {
    const { tryOnce, clock } = setUp()
    for (let i = 0; i < 3; i += 1) await tryOnce(FAILED)
    const parkedForMs: number[] = []
    for (let probes = 0; probes < 9; probes += 1) {
      let waitedMs = 0
      while (!isAdmitted(await tryOnce(FAILED))) {
        clock.advance(5_000)
        waitedMs += 5_000
      }
      parkedForMs.push(waitedMs)
    }
    expect(parkedForMs).toEqual(
      [5, 10, 20, 40, 80, 160, 320, 600, 600].map((seconds) => seconds * 1_000),
    )
  })

  it('lasts no longer because several requests were under way when it began', async () => {
    const { enter, tryOnce, clock } = setUp()
    await tryOnce(ANSWERED)
    const underWay = await Promise.all(Array.from({ length: 10 }, () => enter()))
    for (const admission of underWay) if (admission.kind === 'admitted') admission.leave(FAILED)
    clock.advance(5_000)
    expect(isAdmitted(await tryOnce(ANSWERED))).toBe(true)
  })

  it('is of one Provider only, not of all at the host', async () => {
    const { tryOnce } = setUp()
    await tryOnce({ kind: 'limited', retryAfterMs: undefined })
    expect(isAdmitted(await tryOnce(ANSWERED, 'another'))).toBe(true)
  })
})

describe('a delivery that fails alone', () => {
  const { key } = HOOK

  it('parks nobody, however often it fails', async () => {
    const { tryOnce } = setUp()
    for (let tries = 0; tries < 5; tries += 1) await tryOnce(FAILED, key, 'bad')
    expect(isAdmitted(await tryOnce(ANSWERED))).toBe(true)
  })

  it('parks nobody together with others like it, once another was answered', async () => {
    const { tryOnce } = setUp()
    const failAll = async () => {
      for (const bad of ['bad 1', 'bad 2', 'bad 3', 'bad 4']) await tryOnce(FAILED, key, bad)
    }
    await tryOnce(FAILED, key, 'bad 1')
    await tryOnce(FAILED, key, 'bad 2')
    await tryOnce(ANSWERED)
    await tryOnce(FAILED, key, 'bad 3')
    await tryOnce(FAILED, key, 'bad 4')
    await tryOnce(ANSWERED)
    await failAll()
    await failAll()
    expect(isAdmitted(await tryOnce(ANSWERED))).toBe(true)
  })

  it('is not the probe while another waits', async () => {
    const { tryOnce, clock } = setUp()
    for (const bad of ['bad 1', 'bad 2', 'bad 3']) await tryOnce(FAILED, key, bad)
    expect(isAdmitted(await tryOnce(ANSWERED, key, 'good'))).toBe(false)
    clock.advance(5_000)
    expect(await tryOnce(FAILED, key, 'bad 1')).toMatchObject({
      kind: 'refused',
      isFailing: false,
      waitMs: 5_500,
    })
    clock.advance(500)
    expect(isAdmitted(await tryOnce(ANSWERED, key, 'good'))).toBe(true)
    expect(isAdmitted(await tryOnce(FAILED, key, 'bad 1'))).toBe(true)
    expect(isAdmitted(await tryOnce(ANSWERED, key, 'good 2'))).toBe(true)
  })

  it('is the probe when the other does not come', async () => {
    const { tryOnce, clock } = setUp()
    for (const bad of ['bad 1', 'bad 2', 'bad 3']) await tryOnce(FAILED, key, bad)
    await tryOnce(ANSWERED, key, 'good')
    clock.advance(15_499)
    expect(isAdmitted(await tryOnce(FAILED, key, 'bad 1'))).toBe(false)
    clock.advance(1)
    expect(isAdmitted(await tryOnce(FAILED, key, 'bad 1'))).toBe(true)
  })

  it('keeps no other waiting when it is the probe and fails once more', async () => {
    const { tryOnce, clock } = setUp()
    const bad = ['bad 1', 'bad 2', 'bad 3']
    for (const delivery of bad) await tryOnce(FAILED, key, delivery)
    for (let rounds = 0; rounds < 10; rounds += 1) {
      clock.advance(60_000)
      for (const delivery of bad) await tryOnce(FAILED, key, delivery)
    }
    expect(isAdmitted(await tryOnce(ANSWERED, key, 'good'))).toBe(true)
    expect(isAdmitted(await tryOnce(ANSWERED))).toBe(true)
  })

  it('counts as any other once it was answered', async () => {
    const { tryOnce } = setUp()
    await tryOnce(FAILED, key, 'bad')
    await tryOnce(ANSWERED)
    await tryOnce(ANSWERED, key, 'bad')
    for (const delivery of ['bad', 'b', 'c']) await tryOnce(FAILED, key, delivery)
    expect(isAdmitted(await tryOnce(ANSWERED))).toBe(false)
  })

  it('parks its destination when that limits it', async () => {
    const { tryOnce } = setUp()
    await tryOnce(FAILED, key, 'bad')
    await tryOnce(ANSWERED)
    await tryOnce({ kind: 'limited', retryAfterMs: 60_000 }, key, 'bad')
    expect(isAdmitted(await tryOnce(ANSWERED))).toBe(false)
  })
})

describe('places', () => {
  it('are limited for each host, and given in the order of asking', async () => {
    const { enter, destinations } = setUp(2)
    const first = await enter()
    await enter('another')
    const order: string[] = []
    const third = enter().then((admission) => {
      order.push('third')
      return admission
    })
    const fourth = enter().then(() => order.push('fourth'))
    expect(
      isAdmitted(
        await destinations.enter({
          key: 'x',
          host: 'other.test',
          delivery: 'x',
          order: '1',
          bytes: 1,
        }),
      ),
    ).toBe(true)
    expect(order).toEqual([])
    if (first.kind === 'admitted') first.leave(ANSWERED)
    const admitted = await third
    expect(order).toEqual(['third'])
    if (admitted.kind === 'admitted') admitted.leave(ANSWERED)
    await fourth
    expect(order).toEqual(['third', 'fourth'])
  })

  it('are refused when too many wait for one', async () => {
    const { enter } = setUp(1)
    await enter()
    for (let waiting = 0; waiting < 100; waiting += 1) void enter()
    expect(await enter()).toMatchObject({ kind: 'refused', reason: /hooks\.test/ })
  })

  it('go to none who waited while the destination was parked', async () => {
    const { enter } = setUp(1)
    const first = await enter()
    const waiting = enter()
    if (first.kind === 'admitted') first.leave({ kind: 'limited', retryAfterMs: undefined })
    expect(isAdmitted(await waiting)).toBe(false)
  })
})

describe('a parked destination', () => {
  it('is not tried by other deliveries, whose records say why, and which come back', async () => {
    const harness = createHarness()
    await harness.configure(
      provider('a', { type: 'generic', address: 'https://a.test/' }),
      alert('all', 'a'),
    )
    harness.answerWith(() => answer(429, { 'retry-after': '30' }))
    const post = (name: string) =>
      harness.sendJson({
        involvedObject: { kind: 'Kustomization', namespace: 'flux-system', name },
      })
    for (const name of ['one', 'two', 'three']) await post(name)
    await harness.drain()
    expect(harness.requests).toHaveLength(1)
    const reasons = (await harness.records()).map(({ reason }) => reason.split(';')[0]).sort()
    expect(reasons).toEqual([
      'HTTP 429',
      'parked: a.test failed once, last with: HTTP 429',
      'parked: a.test failed once, last with: HTTP 429',
    ])
    expect((await harness.records()).map(({ attempts }) => attempts.length).sort()).toEqual([
      0, 0, 1,
    ])
    harness.answerWith(() => answer(200))
    while (await harness.drainNext());
    expect((await harness.records()).map(({ outcome }) => outcome)).toEqual([
      'delivered',
      'delivered',
      'delivered',
    ])
  })
})
