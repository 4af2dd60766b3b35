import { describe, expect, it } from 'vitest'
import { requestReplay } from '../../../../relay/pipeline/replay.ts'
import {
  createSilence,
  expireSilence,
  readSilences,
} from '../../../../relay/pipeline/silences/stored-silences.ts'
import { wakeHeld, wakeSilenced, wakeWaiting } from '../../../../relay/pipeline/wake.ts'
import {
  alert,
  CLUSTER,
  createHarness,
  type Harness,
  provider,
} from '../../../support/relay-harness.ts'
import { temporaryDirectory } from '../../../support/temporary-directory.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const PAGERDUTY = {
  type: 'pagerduty',
  address: 'https://events.pagerduty.com/v2/enqueue',
  channel: 'R0UT1NGKEY00000000000000000000AB',
}
const CHAT = { type: 'slack', address: 'https://hooks.slack.com/services/x' }

async function relay(spec: Record<string, unknown> = CHAT, more: Record<string, unknown> = {}) {
  const harness = createHarness()
  await harness.configure(provider('p', spec), alert('a', 'p', more))
  return harness
}

async function silence(harness: Harness, match = 'true', forMs = 2 * HOUR_MS) {
  const endsAt = harness.clock.now() + forMs
  const wanted = { match, reason: 'moving the database', endsAt, by: 'ann' }
  const made = await createSilence(harness.ports, CLUSTER, wanted)
  if (made.kind !== 'created') throw new Error(made.reason)
  return made.silence.id
}

/** Reports and dispatches one event at the time of the clock. */
async function report(
  harness: Harness,
  name: 'kustomization-health-check-failed' | 'kustomization-finished' | 'kustomization-configured',
  changes: Record<string, unknown> = {},
) {
  const timestamp = new Date(harness.clock.now()).toISOString()
  await harness.send(name, { timestamp, ...changes })
  await harness.drain()
}

const fail = (harness: Harness, changes?: Record<string, unknown>) =>
  report(harness, 'kustomization-health-check-failed', changes)
const recover = (harness: Harness) => report(harness, 'kustomization-finished')
const progress = (harness: Harness) => report(harness, 'kustomization-configured')

/** Dispatches all that waits, at the times for which it waits. */
async function runOut(harness: Harness) {
  while (await harness.drainNext());
}

/** Lets the relay look once more at what a silence began to hold back. */
async function lookAgain(harness: Harness) {
  const begun = harness.clock.now()
  await harness.drainNext()
  expect(harness.clock.now() - begun).toBe(MINUTE_MS)
}

async function reasons(harness: Harness) {
  return (await harness.records()).map(({ outcome, reason }) => [outcome, reason])
}

describe('a silence', () => {
  it('skips what is no failure, with its id, its end and its reason', async () => {
    const harness = await relay()
    const id = await silence(harness)
    const until = new Date(harness.clock.now() + 2 * HOUR_MS).toISOString()
    await recover(harness)
    expect(await reasons(harness)).toEqual([
      ['skipped', `silenced by ${id} until ${until}: moving the database`],
    ])
    expect(harness.requests).toEqual([])
  })

  it('holds a failure back, and tells it at its end when it lasts', async () => {
    const harness = await relay()
    const id = await silence(harness)
    const begun = harness.clock.now()
    const end = begun + 2 * HOUR_MS
    await fail(harness)
    await lookAgain(harness)
    expect(await harness.records()).toMatchObject([
      {
        ...{ outcome: 'held', why: 'rule', dueAt: end, tries: 0, status: { silence: id } },
        reason: expect.stringMatching(/^silenced by .*; the failure is told then if it lasts$/),
      },
    ])
    // A configuration that comes does not wake it.
    expect(await wakeWaiting(harness.ports, CLUSTER)).toBe(0)
    await runOut(harness)
    expect(harness.clock.now()).toBe(end)
    expect(harness.requests).toHaveLength(1)
    const [from, to] = [begun, end].map((time) => new Date(time).toISOString())
    const silenced = `silenced by ${id} until ${to}: moving the database; the failure is told then if it lasts`
    expect(await harness.records()).toMatchObject([
      {
        ...{ outcome: 'delivered', tries: 1, chainStartedAt: end },
        notes: [`held back from ${from} to ${to}: ${silenced}`],
      },
    ])
  })

  it.each([
    ['told by a recovery that it silences', 'true'],
    ['told by a recovery that it does not silence', "event.severity == 'error'"],
  ])('does not tell a failure that has ended, as it was %s', async (_, match) => {
    const harness = await relay()
    await silence(harness, match)
    await fail(harness)
    harness.clock.advance(26 * MINUTE_MS)
    await recover(harness)
    const sent = harness.requests.length
    await runOut(harness)
    expect(harness.requests).toHaveLength(sent)
    expect(sent).toBe(match === 'true' ? 0 : 1)
    const [, first] = await reasons(harness)
    expect(first).toEqual(['skipped', 'the object recovered while the failure was silenced'])
  })

  it.each([
    ['never failed before', false],
    ['failed and recovered before', true],
  ])(
    'does not tell a failure that came after its recovery, of an object that %s',
    async (_, hasFailed) => {
      const harness = await relay()
      if (hasFailed) {
        await fail(harness)
        await recover(harness)
        harness.clock.advance(10 * MINUTE_MS)
      }
      const sent = harness.requests.length
      await silence(harness)
      const failedAt = new Date(harness.clock.now()).toISOString()
      harness.clock.advance(10_000)
      await recover(harness)
      // Its controller tried again.
      await fail(harness, { timestamp: failedAt })
      await runOut(harness)
      expect(harness.requests).toHaveLength(sent)
      const endings = (await reasons(harness)).map(([, reason]) => reason)
      expect(endings).toContain('the object recovered while the failure was silenced')
    },
  )

  it('knows of a recovery that its Alert does not take, and that was days ago', async () => {
    const harness = await relay(CHAT, { eventSeverity: 'error' })
    await silence(harness, 'true', 72 * HOUR_MS)
    await fail(harness)
    harness.clock.advance(HOUR_MS)
    await recover(harness)
    await runOut(harness)
    expect(harness.requests).toEqual([])
  })

  it('tells a failure after which only progress was reported', async () => {
    const harness = await relay()
    await silence(harness)
    await fail(harness)
    await progress(harness)
    await runOut(harness)
    expect(harness.requests).toHaveLength(1)
  })

  it('tells a failure once that is reported again and again', async () => {
    const harness = await relay()
    await silence(harness)
    for (let minutes = 0; minutes < 60; minutes += 10) {
      await fail(harness)
      harness.clock.advance(10 * MINUTE_MS)
    }
    const before = await harness.records()
    expect(before.map(({ outcome }) => outcome).toSorted()).toEqual([
      ...['held', 'skipped', 'skipped', 'skipped', 'skipped', 'skipped'],
    ])
    await runOut(harness)
    expect(harness.requests).toHaveLength(1)
  })

  it.each([
    ['before it', { exclusionList: ['nothing'] }],
    ['before it, of errors alone', { eventSeverity: 'error' }],
  ])('tells a failure once more that was told %s, and lasts', async (_, spec) => {
    const harness = await relay(CHAT, spec)
    await fail(harness)
    expect(harness.requests).toHaveLength(1)
    await silence(harness)
    for (let minutes = 0; minutes < 60; minutes += 10) {
      harness.clock.advance(10 * MINUTE_MS)
      await fail(harness)
    }
    await runOut(harness)
    expect(harness.requests).toHaveLength(2)
  })

  it('tells a failure once to an Alert that came after its first event', async () => {
    const harness = await relay()
    await silence(harness)
    await fail(harness)
    await harness.configure(provider('p', CHAT), alert('a', 'p'), alert('b', 'p'))
    for (let minutes = 0; minutes < 60; minutes += 10) {
      harness.clock.advance(10 * MINUTE_MS)
      await fail(harness)
    }
    await runOut(harness)
    expect(harness.requests).toHaveLength(2)
  })

  it('tells the newest of several failures of an object', async () => {
    const harness = await relay()
    await silence(harness)
    await fail(harness, { message: 'first' })
    harness.clock.advance(MINUTE_MS)
    await fail(harness, { message: 'second' })
    await runOut(harness)
    expect(harness.requests.map(({ body }) => String(body).includes('second'))).toEqual([true])
    expect((await reasons(harness)).flat()).toContainEqual(
      expect.stringMatching(/^the delivery [0-9a-f]{12} tells of a newer failure of the object$/),
    )
  })

  it('tells a failure again that ended and began anew', async () => {
    const harness = await relay()
    await silence(harness)
    await fail(harness)
    harness.clock.advance(10 * MINUTE_MS)
    await recover(harness)
    harness.clock.advance(10 * MINUTE_MS)
    await fail(harness)
    await runOut(harness)
    expect(harness.requests).toHaveLength(1)
  })

  it('tells a failure whose newer one a list of its Alert keeps back', async () => {
    const harness = await relay(CHAT, { exclusionList: ['^second'] })
    await silence(harness)
    await fail(harness, { message: 'first' })
    harness.clock.advance(MINUTE_MS)
    await fail(harness, { message: 'second' })
    await runOut(harness)
    expect(harness.requests.map(({ body }) => String(body).includes('first'))).toEqual([true])
  })

  it('that a person ends lets go of what it holds at once, and over a restart', async () => {
    const directory = temporaryDirectory()
    const first = createHarness({}, { directory })
    await first.configure(provider('p', CHAT), alert('a', 'p'))
    const id = await silence(first, 'true', 20 * 24 * HOUR_MS)
    await fail(first)
    await first.close()

    const harness = createHarness({}, { directory })
    harness.clock.set(first.clock.now() + MINUTE_MS)
    expect(await expireSilence(harness.ports, CLUSTER, id, 'bob')).toMatchObject({
      createdBy: 'ann',
      expiry: { at: harness.clock.now(), by: 'bob' },
    })
    expect(await wakeSilenced(harness.ports, CLUSTER, id)).toBe(1)
    await harness.drain()
    expect(harness.requests).toHaveLength(1)
    await recover(harness)
    expect(harness.requests).toHaveLength(2)
  })

  it('that a person ended lets go of what it holds though the process was killed before it looked', async () => {
    const directory = temporaryDirectory()
    const first = createHarness({}, { directory })
    await first.configure(provider('p', CHAT), alert('a', 'p'))
    const ended = await silence(first, "event.reason == 'HealthCheckFailed'", 20 * 24 * HOUR_MS)
    first.clock.advance(1)
    await silence(first, "event.reason == 'BuildFailed'", 20 * 24 * HOUR_MS)
    await fail(first)
    const involvedObject = { kind: 'Kustomization', namespace: 'flux-system', name: 'other' }
    await fail(first, { reason: 'BuildFailed', involvedObject })
    await lookAgain(first)
    expect(await wakeHeld(first.ports, CLUSTER)).toBe(0)
    await expireSilence(first.ports, CLUSTER, ended)
    await first.close()

    const harness = createHarness({}, { directory })
    harness.clock.set(first.clock.now())
    expect(await wakeHeld(harness.ports, CLUSTER)).toBe(1)
    expect(await wakeHeld(harness.ports, CLUSTER)).toBe(0)
    await harness.drainNext()
    expect(harness.clock.now() - first.clock.now()).toBe(10_000)
    expect(await harness.records()).toContainEqual(expect.objectContaining({ outcome: 'held' }))
    expect(await wakeWaiting(harness.ports, CLUSTER)).toBe(0)
  })

  it('gives a failure on to another silence that is in force at its end', async () => {
    const harness = await relay()
    await silence(harness, 'true', HOUR_MS)
    await fail(harness)
    await lookAgain(harness)
    const second = await silence(harness, 'true', 2 * HOUR_MS)
    await harness.drainNext()
    expect(await harness.records()).toMatchObject([
      { outcome: 'held', status: { silence: second } },
    ])
    await runOut(harness)
    expect(harness.requests).toHaveLength(1)
  })

  it('that a process did not know to have ended holds nothing back for longer than a minute', async () => {
    const knownForMs = 5_000
    const harness = createHarness({ silencesKnownForMs: knownForMs })
    await harness.configure(provider('p', CHAT), alert('a', 'p'))
    const id = await silence(harness, 'true', 48 * HOUR_MS)
    await recover(harness)
    await expireSilence(harness.ports, CLUSTER, id)
    expect(await wakeSilenced(harness.ports, CLUSTER, id, knownForMs)).toBe(0)
    await fail(harness)
    expect(await harness.records()).toContainEqual(expect.objectContaining({ outcome: 'held' }))
    await lookAgain(harness)
    expect(harness.requests).toHaveLength(1)
  })

  it('that a process did not know to have ended holds for no longer what another one held before', async () => {
    const knownForMs = 5_000
    const harness = createHarness({ silencesKnownForMs: knownForMs })
    await harness.configure(provider('p', CHAT), alert('a', 'p'))
    const first = await silence(harness, 'true', 96 * HOUR_MS)
    await fail(harness)
    await lookAgain(harness)
    const second = await silence(harness, 'true', 48 * HOUR_MS)
    const end = async (id: string) => {
      await expireSilence(harness.ports, CLUSTER, id)
      return wakeSilenced(harness.ports, CLUSTER, id, knownForMs + 1_000)
    }
    harness.clock.advance(knownForMs)
    expect(await end(first)).toBe(1)
    harness.clock.advance(2_000)
    // Something else that is judged meanwhile.
    await progress(harness)
    expect(await end(second)).toBe(0)
    await harness.drainNext()
    const held = expect.objectContaining({
      outcome: 'held',
      status: expect.objectContaining({ silence: second }),
    })
    expect(await harness.records()).toContainEqual(held)
    await lookAgain(harness)
    expect(harness.requests).toHaveLength(1)
  })

  it.each([
    ['the reason', "event.reason == 'ReconciliationSucceeded'", 'skipped'],
    ['another object', "event.involvedObject.name == 'other'", 'delivered'],
    ['the Alert', "alert.metadata.name == 'a'", 'skipped'],
    ['the Provider', "provider.metadata.name != 'p'", 'delivered'],
    ['the cluster', "cluster == 'elsewhere'", 'delivered'],
    ['the revision', "event.metadata.revision.startsWith('main')", 'skipped'],
  ])('may be for %s', async (_, match, outcome) => {
    const harness = await relay()
    await silence(harness, match)
    await recover(harness)
    expect(await harness.records()).toMatchObject([{ outcome }])
  })

  // docs/silences.md says so, and docs/rules.md of other expressions.
  it('knows nothing of what an Alert was last told', async () => {
    const harness = createHarness()
    const asks = { annotations: { 'flux-relay.io/when': 'size(last) >= 0' } }
    const told = alert('a', 'p')
    const asking = { ...told, metadata: { ...told.metadata, ...asks } }
    await harness.configure(provider('p', CHAT), asking)
    await recover(harness)
    await silence(harness, 'size(last) > 0')
    await progress(harness)
    expect(await reasons(harness)).toEqual([
      ['delivered', 'HTTP 200'],
      ['delivered', 'HTTP 200'],
    ])
  })

  it('whose condition fails on an event does not silence it, and says so', async () => {
    const harness = await relay()
    const id = await silence(harness, "event.metadata.team == 'web'")
    await recover(harness)
    expect(await harness.records()).toMatchObject([
      {
        outcome: 'delivered',
        notes: [
          expect.stringMatching(`^the silence ${id} had no effect, as it failed: .*no such key`),
        ],
      },
    ])
  })

  it('lets what resolves an incident pass, and holds what opens one', async () => {
    const harness = await relay(PAGERDUTY)
    await silence(harness)
    await fail(harness)
    expect(harness.requests).toEqual([])
    harness.clock.advance(MINUTE_MS)
    await recover(harness)
    const [first] = harness.requests
    expect(String(first?.body)).toContain('"resolve"')
    const sent = harness.requests.length
    await runOut(harness)
    expect(harness.requests).toHaveLength(sent)
  })

  it('keeps from an incident tool what resolves nothing', async () => {
    const harness = await relay({
      type: 'alertmanager',
      address: 'https://am.example/api/v2/alerts',
    })
    await silence(harness)
    await progress(harness)
    harness.clock.advance(MINUTE_MS)
    await recover(harness)
    const records = await harness.records()
    const outcomes = records.map(({ event, outcome }) => `${event.reason} ${outcome}`).toSorted()
    expect(outcomes).toEqual(['Progressing skipped', 'ReconciliationSucceeded delivered'])
  })

  it.each([
    ['a stream', { type: 'generic', address: 'https://hooks.example/x' }],
    ['a commit status', { type: 'gitea', address: 'https://gitea.example/org/repo' }],
  ])('does not keep anything from %s', async (_, spec) => {
    const harness = await relay(spec)
    harness.secrets.set(`${CLUSTER}/flux-system/token`, { token: 'x' })
    await harness.configure(
      provider('p', { ...spec, secretRef: { name: 'token' } }),
      alert('a', 'p'),
    )
    await silence(harness)
    await recover(harness)
    expect(harness.requests).not.toEqual([])
  })

  it('does not keep a replay back', async () => {
    const harness = await relay()
    await silence(harness)
    await recover(harness)
    const [record] = await harness.records()
    expect(await requestReplay(harness.ports, String(record?.id))).toMatchObject({ kind: 'queued' })
    await harness.drain()
    expect(await harness.records()).toMatchObject([{ outcome: 'delivered' }])
  })

  it('that nobody can read any more silences nothing, and stops nothing', async () => {
    const harness = await relay()
    const later = { v: 9, silences: [] }
    await harness.ports.state.write(`${CLUSTER}#silences`, later, 'absent', Number.MAX_SAFE_INTEGER)
    await recover(harness)
    expect(await harness.records()).toMatchObject([
      {
        outcome: 'delivered',
        notes: [expect.stringMatching(/^no silence has an effect: .*later version/)],
      },
    ])
  })

  it.each([undefined, { v: 1 }])(
    'that are damaged, as %j, have no effect until one is made anew',
    async (value) => {
      const harness = await relay()
      await silence(harness)
      const { state } = harness.ports
      const read = state.read.bind(state)
      state.read = async (key) => {
        const stored = await read(key)
        return stored && key.endsWith('#silences') ? { ...stored, value } : stored
      }
      await recover(harness)
      expect(await harness.records()).toMatchObject([
        { outcome: 'delivered', notes: [expect.stringMatching(/^no silence has an effect: /)] },
      ])
      const id = await silence(harness)
      state.read = read
      expect(await readSilences(harness.ports, CLUSTER)).toMatchObject([{ id }])
    },
  )
})
