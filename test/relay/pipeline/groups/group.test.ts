import { describe, expect, it } from 'vitest'
import { requestReplay } from '../../../../relay/pipeline/replay.ts'
import { fixtureJson } from '../../../support/notifications.ts'
import {
  alert,
  answer,
  createHarness,
  type Harness,
  provider,
} from '../../../support/relay-harness.ts'
import { annotated } from '../rules/annotated.ts'

const SLACK = { type: 'slack', address: 'https://hooks.slack.com/services/x' }
const RULE = { 'group-by': 'event.reason', 'group-wait': '30s', 'group-max': '1m' }

const LACKS_SECRET = { ...SLACK, secretRef: { name: 'gone' } }
const WRONG = { ...SLACK, address: 'no address' }
const ruled = (rules: Readonly<Record<string, string>>) =>
  annotated(alert('a', 'p'), { ...RULE, ...rules })

async function setUp(rules: Readonly<Record<string, string>> = RULE): Promise<Harness> {
  const harness = createHarness()
  await harness.configure(provider('p', SLACK), annotated(alert('a', 'p'), rules))
  return harness
}

async function send(harness: Harness, name: string, changes: object = {}): Promise<void> {
  const event = fixtureJson('kustomization-finished')
  const involvedObject = { ...Object(event.involvedObject), name }
  await harness.sendJson({ ...event, involvedObject, ...changes })
  await harness.drain()
}

async function drainAll(harness: Harness): Promise<void> {
  while (await harness.drainNext());
}

const textsOf = (harness: Harness) =>
  harness.requests.map(({ body }) => JSON.stringify(JSON.parse(String(body))))

describe('the rule group-by', () => {
  it('tells in one message what comes within its time, and each record says in which', async () => {
    const harness = await setUp()
    await send(harness, 'apps')
    const [waiting] = await harness.records()
    expect(waiting).toMatchObject({
      outcome: 'held',
      why: 'rule',
      reason: expect.stringMatching(
        /^waits until .* to be told with others, by the rule group-by$/,
      ),
      toldIn: waiting?.id,
    })
    harness.clock.advance(20_000)
    await send(harness, 'infra')
    expect(harness.requests).toEqual([])
    await drainAll(harness)
    expect(textsOf(harness)).toEqual([expect.stringContaining('2 events of 2 objects: 2 info')])
    const records = await harness.records()
    const leader = waiting?.id ?? ''
    expect(records.map(({ outcome, toldIn }) => ({ outcome, toldIn }))).toEqual([
      { outcome: 'delivered', toldIn: leader },
      { outcome: 'delivered', toldIn: leader },
    ])
    expect(records.map(({ reason }) => reason).toSorted()).toEqual([
      'HTTP 200',
      `in the message of delivery ${leader.slice(0, 12)}: HTTP 200`,
    ])
  })

  it('waits after each event, and not longer than group-max after the first', async () => {
    const harness = await setUp()
    for (const name of ['a', 'b', 'c', 'd']) {
      await send(harness, name)
      harness.clock.advance(19_000)
      await harness.drain()
    }
    expect(textsOf(harness)).toEqual([expect.stringContaining('4 events of 4 objects')])
    await send(harness, 'e')
    await drainAll(harness)
    expect(harness.requests).toHaveLength(2)
    expect(textsOf(harness)[1]).not.toContain('events of')
    expect((await harness.records()).map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 5 }, () => 'delivered'),
    )
  })

  it('says of no failure that it lasts because it waited for others', async () => {
    const harness = await setUp({ ...RULE, 'group-wait': '2m', 'group-max': '5m' })
    const failed = { severity: 'error', reason: 'HealthCheckFailed' }
    await send(harness, 'a', failed)
    await drainAll(harness)
    await send(harness, 'b', failed)
    await send(harness, 'c', failed)
    await drainAll(harness)
    expect(textsOf(harness)).toHaveLength(2)
    for (const text of textsOf(harness)) expect(text).not.toContain('ailing since')
  })

  it('records no message with others of one that is sent alone', async () => {
    const harness = await setUp()
    await send(harness, 'one')
    await drainAll(harness)
    for (const name of ['a', 'b', 'c']) await send(harness, name)
    const [, ...gathered] = (await harness.records()).toSorted((a, b) =>
      a.order < b.order ? -1 : 1,
    )
    for (const { id } of gathered.slice(0, 2)) await requestReplay(harness.ports, id)
    await drainAll(harness)
    expect(harness.requests).toHaveLength(4)
    const records = await harness.records()
    expect(records.map(({ outcome, toldIn }) => [outcome, toldIn])).toEqual(
      Array.from({ length: 4 }, () => ['delivered', undefined]),
    )
  })

  it('puts only together what has the same text', async () => {
    const harness = await setUp()
    await send(harness, 'a')
    await send(harness, 'b', { severity: 'error', reason: 'HealthCheckFailed' })
    await drainAll(harness)
    expect(harness.requests).toHaveLength(2)
  })

  it('ends all alike when the message is refused, and a replay sends one alone', async () => {
    const harness = await setUp()
    harness.answerWith(() => answer(404))
    for (const name of ['a', 'b', 'c']) await send(harness, name)
    await drainAll(harness)
    const records = await harness.records()
    expect(records.map(({ outcome }) => outcome)).toEqual(['dead', 'dead', 'dead'])
    harness.answerWith(() => answer(200))
    harness.requests.length = 0
    const follower = records.find(({ id, toldIn }) => id !== toldIn)
    await requestReplay(harness.ports, follower?.id ?? '')
    await harness.drain()
    expect(textsOf(harness)).toEqual([expect.not.stringContaining('events of')])
    await requestReplay(harness.ports, follower?.toldIn ?? '')
    await harness.drain()
    expect(textsOf(harness)[1]).toContain('3 events of 3 objects')
  })

  it('waits with its message while the destination fails, and sends the same then', async () => {
    const harness = await setUp()
    harness.answerWith(() => answer(503))
    for (const name of ['a', 'b']) await send(harness, name)
    harness.clock.advance(31_000)
    await harness.drain()
    expect(harness.requests.length).toBeGreaterThan(0)
    // What comes meanwhile goes into another message.
    await send(harness, 'c')
    harness.answerWith(() => answer(200))
    await drainAll(harness)
    const [first] = textsOf(harness)
    expect(textsOf(harness).filter((text) => text === first)).toHaveLength(2)
    expect((await harness.records()).map(({ outcome }) => outcome)).toEqual([
      'delivered',
      'delivered',
      'delivered',
    ])
    expect(new Set((await harness.records()).map(({ toldIn }) => toldIn)).size).toBe(2)
  })

  it('that fails on an event sends it alone, and says so', async () => {
    const harness = await setUp({ ...RULE, 'group-by': 'event.metadata.team' })
    await send(harness, 'a')
    expect(await harness.records()).toMatchObject([
      {
        outcome: 'delivered',
        notes: [
          expect.stringMatching(/^the rule group-by has no effect, as it failed: .*no such key/),
        ],
      },
    ])
  })

  it('that is removed sends what waits by itself', async () => {
    const harness = await setUp()
    for (const name of ['a', 'b']) await send(harness, name)
    await harness.configure(provider('p', SLACK), alert('a', 'p'))
    await drainAll(harness)
    expect(textsOf(harness)).toHaveLength(2)
    for (const text of textsOf(harness)) expect(text).not.toContain('events of')
  })

  it('that is removed names no rule to what waits for a message that was made before', async () => {
    const harness = await setUp()
    harness.answerWith(() => answer(503))
    for (const name of ['a', 'b']) await send(harness, name)
    await harness.drainNext()
    await harness.configure(provider('p', SLACK), alert('a', 'p'))
    await harness.drainNext()
    const follower = (await harness.records()).find(({ id, toldIn }) => id !== toldIn)
    expect(follower?.reason).toMatch(
      /^waits until .* to be told with others, as was decided before$/,
    )
    harness.answerWith(() => answer(200))
    await drainAll(harness)
    expect(textsOf(harness).at(-1)).toContain('2 events of 2 objects')
    const outcomes = (await harness.records()).map(({ outcome }) => outcome)
    expect(outcomes).toEqual(['delivered', 'delivered'])
  })

  it('finds another message when the one that it waits for will never be sent', async () => {
    const harness = await setUp()
    await send(harness, 'leader')
    await send(harness, 'follower')
    await harness.configure(
      provider('p', SLACK),
      annotated(alert('a', 'p'), { ...RULE, when: "event.involvedObject.name != 'leader'" }),
    )
    await drainAll(harness)
    expect(harness.requests).toHaveLength(1)
    expect((await harness.records()).map(({ outcome }) => outcome).toSorted()).toEqual([
      'delivered',
      'skipped',
    ])
  })

  it('finds another message when the one that it is in will never be sent', async () => {
    const harness = await setUp()
    harness.answerWith(() => answer(503))
    for (const name of ['leader', 'b', 'c']) await send(harness, name)
    harness.clock.advance(31_000)
    await harness.drain()
    await harness.configure(
      provider('p', SLACK),
      annotated(alert('a', 'p'), { ...RULE, when: "event.involvedObject.name != 'leader'" }),
    )
    harness.requests.length = 0
    harness.answerWith(() => answer(200))
    await drainAll(harness)
    expect(textsOf(harness)).toEqual([expect.stringContaining('2 events of 2 objects')])
    expect((await harness.records()).map(({ outcome }) => outcome).toSorted()).toEqual([
      'delivered',
      'delivered',
      'skipped',
    ])
  })

  it.each([
    ['its Alert is suspended', [provider('p', SLACK), alert('a', 'p', { suspend: true })]],
    ['its Alert is gone', [provider('p', SLACK)]],
    ['its Alert takes it no more', [provider('p', SLACK), ruled({ when: 'false' })]],
    ['its Alert has a mistake', [provider('p', SLACK), ruled({ wen: 'true' })]],
    ['its Provider lacks its Secret', [provider('p', LACKS_SECRET), ruled({})]],
    ['its Provider has a wrong address', [provider('p', WRONG), ruled({})]],
    ['another rule is added', [provider('p', SLACK), ruled({ only: 'changes', after: '5m' })]],
  ])('says of what a message told that it was told, though since then %s', async (_, manifests) => {
    const harness = await setUp()
    for (const name of ['leader', 'b', 'c']) await send(harness, name)
    harness.clock.advance(30_000)
    await harness.drain()
    expect(textsOf(harness)).toEqual([expect.stringContaining('3 events of 3 objects')])
    await harness.configure(...manifests)
    await drainAll(harness)
    expect(harness.requests).toHaveLength(1)
    expect((await harness.records()).map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 3 }, () => 'delivered'),
    )
  })

  it('tells a skipped delivery alone when a person replays it, as the others found another message', async () => {
    const harness = await setUp()
    harness.answerWith(() => answer(503))
    for (const name of ['leader', 'b', 'c']) await send(harness, name)
    harness.clock.advance(31_000)
    await harness.drain()
    const when = "event.involvedObject.name != 'leader'"
    const excluding = annotated(alert('a', 'p'), { ...RULE, when })
    await harness.configure(provider('p', SLACK), excluding)
    harness.answerWith(() => answer(200))
    await drainAll(harness)
    await harness.configure(provider('p', SLACK), annotated(alert('a', 'p'), RULE))
    harness.requests.length = 0
    const leader = (await harness.records()).find(({ outcome }) => outcome === 'skipped')
    await requestReplay(harness.ports, leader?.id ?? '')
    await harness.drain()
    expect(textsOf(harness)).toEqual([expect.not.stringContaining('events of')])
  })

  it('of a type that tells each event by itself makes the Alert not ready', async () => {
    const harness = createHarness()
    await harness.configure(
      provider('p', { type: 'generic', address: 'https://hooks.example/' }),
      annotated(alert('a', 'p'), RULE),
    )
    await send(harness, 'a')
    expect(await harness.records()).toMatchObject([
      { outcome: 'retry', reason: expect.stringContaining('it is for chat, and generic is none') },
    ])
  })
})

describe('what goes to a Provider that limits the rate', () => {
  const leading = alert('leading', 'p', { eventSources: [{ kind: 'Kustomization', name: 'x' }] })
  const other = alert('other', 'p')

  it.each([
    ['before', 0],
    ['after', 11_000],
  ])('does not wait for an Alert that gets a mistake %s the message was made', async (_, ms) => {
    const harness = createHarness()
    await harness.configure(provider('p', SLACK), leading, other)
    harness.answerWith(() => answer(429, { 'retry-after': '5' }))
    for (const name of ['a', 'x', 'y', 'z']) await send(harness, name)
    harness.clock.advance(ms)
    await harness.drain()
    await harness.configure(provider('p', SLACK), annotated(leading, { wen: 'true' }), other)
    harness.answerWith(() => answer(200))
    harness.requests.length = 0
    const end = harness.clock.now() + 5 * 60_000
    while (harness.clock.now() < end) await harness.drainNext()
    expect(textsOf(harness)).toEqual([expect.stringContaining('4 events of 4 objects')])
    await harness.configure(provider('p', SLACK), leading, other)
    await drainAll(harness)
    expect(textsOf(harness)[1]).not.toContain('events of')
    expect((await harness.records()).map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 5 }, () => 'delivered'),
    )
  })
})
