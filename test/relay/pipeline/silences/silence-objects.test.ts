import { describe, expect, it } from 'vitest'
import { listSilences } from '../../../../relay/api/silences.ts'
import { parseSilence } from '../../../../relay/model/parse-objects.ts'
import { reconcile } from '../../../../relay/pipeline/reconcile.ts'
import {
  compileSilence,
  compilingSilences,
  objectsInForce,
} from '../../../../relay/pipeline/silences/silence-objects.ts'
import { wakeWaiting } from '../../../../relay/pipeline/wake.ts'
import { alert, createHarness, provider } from '../../../support/relay-harness.ts'

const HOUR_MS = 3_600_000
const ALWAYS = { endsAt: '2100-01-01T00:00:00Z' }

function silenceObject(spec: Record<string, unknown>, namespace = 'flux-system') {
  return {
    apiVersion: 'flux-relay.io/v1alpha1',
    kind: 'Silence',
    metadata: { name: 'night', namespace },
    spec: { match: 'true', reason: 'nobody is awake', ...spec },
  }
}

function compiled(spec: Record<string, unknown>) {
  const parsed = parseSilence('local', silenceObject(spec))
  if (!('object' in parsed)) throw new Error(JSON.stringify(parsed.errors))
  return compileSilence(parsed.object)
}

/** When the window ends that is in force at a time; undefined when none is. */
function endAt(spec: Record<string, unknown>, ...times: readonly string[]) {
  const result = compiled(spec)
  if (!('silence' in result)) throw new Error(JSON.stringify(result.errors))
  return times.map((time) => {
    const end = result.silence.endAt(Date.parse(time))
    return end === undefined ? undefined : new Date(end).toISOString()
  })
}

describe('a Silence is in force', () => {
  it('in each window of its schedule, over midnight too', () => {
    const spec = { schedule: '0 22 * * MON-FRI', duration: '8h' }
    expect(
      endAt(
        spec,
        ...['2026-11-20T21:59:59.999Z', '2026-11-20T22:00:00Z', '2026-11-21T05:59:59.999Z'],
        ...['2026-11-21T06:00:00Z', '2026-11-21T22:00:00Z', '2026-11-20T22:00:00Z'],
      ),
    ).toEqual([
      ...[undefined, '2026-11-21T06:00:00.000Z', '2026-11-21T06:00:00.000Z'],
      ...[undefined, undefined, '2026-11-21T06:00:00.000Z'],
    ])
  })

  it('by the clock of its zone', () => {
    const spec = { schedule: '0 22 * * *', duration: '1h', timeZone: 'Europe/Berlin' }
    expect(endAt(spec, '2026-07-01T20:00:00Z', '2026-12-01T20:00:00Z')).toEqual([
      '2026-07-01T21:00:00.000Z',
      undefined,
    ])
    expect(endAt(spec, '2026-12-01T21:30:00Z')).toEqual(['2026-12-01T22:00:00.000Z'])
  })

  it('from the hour after the one that a change of clocks leaves out, for its whole length', () => {
    const spec = { schedule: '30 2 * * *', duration: '1h', timeZone: 'Europe/Berlin' }
    expect(endAt(spec, '2026-03-29T00:59:00Z', '2026-03-29T01:00:00Z')).toEqual([
      undefined,
      '2026-03-29T02:00:00.000Z',
    ])
  })

  it('once on a day with an hour that comes twice, from the first', () => {
    const spec = { schedule: '30 2 * * *', duration: '30m', timeZone: 'Europe/Berlin' }
    expect(endAt(spec, '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z')).toEqual([
      '2026-10-25T01:00:00.000Z',
      undefined,
    ])
  })

  it.each(['*/30 2 * * *', '0,30 2 * * *', '0-59/30 2 * * *', '30 2-2/1 * * *'])(
    'by what the clock shows where it has several times a day: %s',
    (schedule) => {
      const spec = { schedule, duration: '1m', timeZone: 'Europe/Berlin' }
      expect(endAt(spec, '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z')).toEqual([
        '2026-10-25T00:31:00.000Z',
        '2026-10-25T01:31:00.000Z',
      ])
      const left = ['2026-03-29T01:00:00Z', '2026-03-29T01:30:00Z']
      expect(endAt(spec, ...left)).toEqual([undefined, undefined])
    },
  )

  it('only between startsAt and endsAt', () => {
    const bounds = { startsAt: '2026-12-01T00:00:00Z', endsAt: '2026-12-01T06:00:00Z' }
    const times = ['2026-11-30T23:59:59Z', '2026-12-01T00:00:00Z', '2026-12-01T06:00:00Z']
    const end = '2026-12-01T06:00:00.000Z'
    expect(endAt(bounds, ...times)).toEqual([undefined, end, undefined])
    expect(endAt({ ...bounds, schedule: '* * * * *', duration: '20d' }, ...times)).toEqual([
      ...[undefined, end, undefined],
    ])
  })

  it('never while it is suspended', () => {
    expect(
      endAt({ endsAt: '2999-01-01T00:00:00Z', suspend: true }, '2026-12-01T00:00:00Z'),
    ).toEqual([undefined])
  })
})

describe('a Silence is not ready', () => {
  it.each([
    ['no time', {}, 'spec.schedule', 'expected a schedule with a duration, or endsAt'],
    ['six fields', { schedule: '0 0 22 * * *', duration: '8h' }, 'spec.schedule', 'expected five'],
    ['no such minute', { schedule: '61 * * * *', duration: '8h' }, 'spec.schedule', 'minute: 61'],
    ['no such day', { schedule: '0 0 30 2 *', duration: '8h' }, 'spec.schedule', 'never comes'],
    [
      'no such zone',
      { schedule: '0 0 * * *', duration: '8h', timeZone: 'CEST/X' },
      'spec.timeZone',
      'CEST/X',
    ],
    ['no duration', { schedule: '0 0 * * *' }, 'spec.duration', 'expected a duration such as 8h'],
    ['no unit', { schedule: '0 0 * * *', duration: '8' }, 'spec.duration', 'expected a duration'],
    ['too long', { schedule: '0 0 * * *', duration: '32d' }, 'spec.duration', 'to 31 days'],
    ['no such time', { endsAt: 'tomorrow' }, 'spec.endsAt', 'expected an RFC 3339 time'],
    [
      'a duration alone',
      { endsAt: '2999-01-01T00:00:00Z', duration: '8h' },
      'spec.duration',
      'goes with',
    ],
    [
      'an end before its start',
      { startsAt: '2999-01-02T00:00:00Z', endsAt: '2999-01-01T00:00:00Z' },
      'spec.endsAt',
      'after startsAt',
    ],
    [
      'no condition',
      { match: 'event.severty ==', endsAt: '2999-01-01T00:00:00Z' },
      'spec.match',
      'the expression ends',
    ],
  ])('with %s', async (_, spec, field, message) => {
    const result = compiled(spec)
    expect(result).toEqual({ errors: [{ field, message: expect.stringContaining(message) }] })
    const harness = createHarness()
    await harness.configure(silenceObject(spec))
    expect(await harness.ports.configs.read('local')).toMatchObject({
      objects: [{ kind: 'Silence', name: 'night', ready: false, reason: 'ValidationFailed' }],
    })
  })
})

describe('the Alerts of the namespace of a Silence', () => {
  const CHAT = provider('p', { type: 'slack', address: 'https://hooks.slack.com/services/x' })

  async function relay(...silences: readonly Record<string, unknown>[]) {
    const harness = createHarness()
    await harness.configure(CHAT, alert('a', 'p'), ...silences)
    const report = async (name: Parameters<typeof harness.send>[0]) => {
      await harness.send(name, { timestamp: new Date(harness.clock.now()).toISOString() })
      await harness.drain()
    }
    return { ...harness, report }
  }

  /** A window of two hours, in which the clock of the harness begins: 2026-11-20, 09:14. */
  const WINDOW = { schedule: '0 8 * * *', duration: '2h' }

  it('are told of what lasts when its window ends', async () => {
    const { report, drainNext, records, requests, clock } = await relay(silenceObject(WINDOW))
    await report('kustomization-finished')
    clock.advance(1_000)
    await report('kustomization-health-check-failed')
    expect((await records()).map(({ outcome, reason }) => [outcome, reason])).toEqual([
      [
        'held',
        expect.stringMatching(
          /^silenced by Silence\/flux-system\/night until 2026-11-20T10:00:00.000Z: nobody is awake;/,
        ),
      ],
      ['skipped', expect.stringMatching(/^silenced by Silence\/flux-system\/night until /)],
    ])
    await drainNext()
    expect(requests).toEqual([])
    await drainNext()
    expect(new Date(clock.now()).toISOString()).toBe('2026-11-20T10:00:00.000Z')
    expect(requests).toHaveLength(1)
  })

  it('are told at once when it is gone, and not while it is as it was', async () => {
    const { report, ports, configure, drain, requests } = await relay(silenceObject(WINDOW))
    await report('kustomization-health-check-failed')
    await configure(CHAT, alert('a', 'p'), silenceObject({ ...WINDOW, reason: 'another reason' }))
    expect(await wakeWaiting(ports, 'local')).toBe(0)
    await configure(CHAT, alert('a', 'p'))
    expect(await wakeWaiting(ports, 'local')).toBe(1)
    await drain()
    expect(requests).toHaveLength(1)
  })

  it.each([
    ['is about others', { ...WINDOW, match: "event.severity == 'info'" }, '09:15'],
    ['ends sooner', { ...WINDOW, duration: '90m' }, '09:30'],
  ])('are told at its new end when it %s', async (_, changed, time) => {
    const { report, ports, configure, drain, drainNext, clock, requests } = await relay(
      silenceObject(WINDOW),
    )
    await report('kustomization-health-check-failed')
    await drainNext()
    await configure(CHAT, alert('a', 'p'), silenceObject(changed))
    expect(await wakeWaiting(ports, 'local')).toBe(1)
    await drain()
    expect(await wakeWaiting(ports, 'local')).toBe(0)
    if (requests.length === 0) await drainNext()
    expect(requests).toHaveLength(1)
    expect(new Date(clock.now()).toISOString()).toContain(`T${time}:`)
  })

  it('have what it holds looked at after 31 days, though it goes on', async () => {
    const until = silenceObject({ endsAt: '2999-01-01T00:00:00Z' })
    const { report, drainNext, records, requests, clock } = await relay(until)
    await report('kustomization-health-check-failed')
    await drainNext()
    const dueAt = clock.now() + 31 * 24 * HOUR_MS
    expect(await records()).toMatchObject([{ outcome: 'held', dueAt }])
    await drainNext()
    expect(await records()).toMatchObject([{ outcome: 'held', dueAt: dueAt + 31 * 24 * HOUR_MS }])
    expect(requests).toEqual([])
  })

  it('know of a recovery long after what it holds was reported', async () => {
    const until = silenceObject({ endsAt: '2999-01-01T00:00:00Z' })
    const { report, drainNext, records, clock } = await relay(until)
    await report('kustomization-health-check-failed')
    await drainNext()
    await drainNext()
    clock.advance(9 * 24 * HOUR_MS)
    await report('kustomization-finished')
    await drainNext()
    const reasons = (await records()).map(({ reason }) => reason)
    expect(reasons).toContain('the object recovered while the failure was silenced')
  })

  it('are the only ones that it keeps anything from', async () => {
    const { report, requests } = await relay(silenceObject(WINDOW, 'apps'))
    await report('kustomization-finished')
    expect(requests).toHaveLength(1)
  })

  it('are told outside its windows', async () => {
    const harness = await relay(silenceObject(WINDOW))
    harness.clock.advance(HOUR_MS)
    await harness.report('kustomization-finished')
    expect(harness.requests).toHaveLength(1)
  })
})

describe('the Silences of a cluster', () => {
  it('are 200 at most, and any further one is not ready and has no effect', async () => {
    const harness = createHarness()
    const window = { endsAt: new Date(harness.clock.now() + HOUR_MS).toISOString() }
    const silences = Array.from({ length: 201 }, (_, index) => {
      const match = index < 200 ? 'false' : 'true'
      const silence = silenceObject({ match, ...window })
      return { ...silence, metadata: { ...silence.metadata, name: `s${index}` } }
    })
    const { objects } = await reconcile('local', silences, 0, harness.ports.secrets)
    expect(objects.filter(({ ready }) => !ready)).toMatchObject([
      { name: 's200', reason: 'TooManySilences' },
    ])
    const destination = { type: 'generic', address: 'https://example.com/' }
    await harness.configure(provider('p', destination), alert('a', 'p'), ...silences)
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(harness.requests).toHaveLength(1)
  })

  it('are compiled with a pause after each, so that other work may run', () => {
    const silences = ['a', 'b', 'c'].map((namespace) => silenceObject(ALWAYS, namespace))
    expect([...compilingSilences('local', silences)]).toHaveLength(3)
  })
})

it('are looked through with a pause after each', async () => {
  const { ports } = createHarness()
  const silences = Array.from({ length: 50 }, (_, number) => {
    const silence = silenceObject(ALWAYS)
    return { ...silence, metadata: { ...silence.metadata, name: `silence-${number}` } }
  })
  await ports.configs.replace(await reconcile('local', silences, 0, ports.secrets))
  let pauses = 0
  const pause = async () => {
    pauses += 1
  }
  const snapshot = await ports.configs.read('local')
  const set = typeof snapshot === 'object' ? snapshot : undefined
  expect(await objectsInForce(set, ports.clock.now(), pause)).toHaveLength(50)
  expect(pauses).toBe(50)
  expect((await listSilences(ports, 'local', pause)).status).toBe(200)
  expect(pauses).toBe(100)
})
