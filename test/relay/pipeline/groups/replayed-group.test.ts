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

const SLACK = provider('p', { type: 'slack', address: 'https://hooks.slack.com/services/x' })
const MINUTE_MS = 60_000

interface DeadGroup {
  readonly harness: Harness
  /** The id of the delivery that sends the message. */
  readonly leader: string
  readonly others: readonly string[]
}

/** A group of three whose message died, at a destination that is mended since. */
async function deadGroup(): Promise<DeadGroup> {
  const harness = createHarness()
  const rules = { 'group-by': "'all'", 'group-wait': '30s', 'group-max': '1m' }
  await harness.configure(SLACK, annotated(alert('a', 'p'), rules))
  harness.answerWith(() => answer(404))
  const event = fixtureJson('kustomization-finished')
  for (const name of ['a', 'b', 'c']) {
    await harness.sendJson({ ...event, involvedObject: { ...Object(event.involvedObject), name } })
    await harness.drain()
  }
  await harness.pass(2 * MINUTE_MS)
  const records = await harness.records()
  expect(records.map(({ outcome }) => outcome)).toEqual(['dead', 'dead', 'dead'])
  const [leader = '', ...others] = records
    .toSorted((a, b) => Number(b.id === b.toldIn) - Number(a.id === a.toldIn))
    .map(({ id }) => id)
  harness.requests.length = 0
  harness.answerWith(() => answer(200))
  return { harness, leader, others }
}

async function replay(harness: Harness, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    expect(await requestReplay(harness.ports, id)).toMatchObject({ kind: 'queued' })
  }
}

const outcomesOf = async (harness: Harness) =>
  (await harness.records()).map(({ outcome }) => outcome)

describe('a replay of a group whose message died', () => {
  it('tells of all in that message, and of none alone', async () => {
    const { harness, leader, others } = await deadGroup()
    await replay(harness, [leader, ...others])
    await harness.drain()
    await harness.pass(MINUTE_MS)
    expect(harness.requests).toHaveLength(1)
    expect(String(harness.requests[0]?.body)).toContain('3 events of 3 objects')
    expect(await outcomesOf(harness)).toEqual(['delivered', 'delivered', 'delivered'])
  })

  it('sends none of the others that is replayed after the message was told', async () => {
    const { harness, leader, others } = await deadGroup()
    await replay(harness, [leader])
    await harness.drain()
    await replay(harness, others)
    await harness.drain()
    await harness.pass(MINUTE_MS)
    expect(harness.requests).toHaveLength(1)
    expect(await outcomesOf(harness)).toEqual(['delivered', 'delivered', 'delivered'])
  })

  it('tells of one in that message alone that is asked for twice, before the message is told', async () => {
    const { harness, leader, others } = await deadGroup()
    harness.answerWith(() => answer(503))
    await replay(harness, [leader, ...others, ...others])
    await harness.drain()
    await replay(harness, others)
    await harness.drain()
    expect(harness.requests).toHaveLength(1)
    harness.answerWith(() => answer(200))
    await harness.pass(MINUTE_MS)
    expect(harness.requests).toHaveLength(2)
    expect(await outcomesOf(harness)).toEqual(['delivered', 'delivered', 'delivered'])
  })

  it('sends one by itself once more that was replayed by itself before, and notes who asked', async () => {
    const { harness, leader, others } = await deadGroup()
    const [id = ''] = others
    harness.answerWith(() => answer(503))
    await replay(harness, [id])
    await harness.drain()
    await replay(harness, [leader])
    harness.answerWith(() => answer(200))
    expect(await requestReplay(harness.ports, id, 'ann')).toMatchObject({ kind: 'queued' })
    const records = await harness.records()
    const { replayedBy, reason } = records.find((record) => record.id === id) ?? {}
    expect([replayedBy, reason]).toEqual([
      [expect.objectContaining({ by: 'ann' })],
      'replay requested',
    ])
  })

  it('goes on counting how long one has waited for its message', async () => {
    const { harness, leader, others } = await deadGroup()
    const [id = ''] = others
    harness.answerWith(() => answer(503))
    await replay(harness, [leader, id])
    await harness.drain()
    harness.clock.advance(2_000)
    const held = async () => (await harness.records()).find((record) => record.id === id)?.heldMs
    const before = Number(await held())
    await replay(harness, [id])
    expect(await held()).toBe(before + 2_000)
  })

  it('ends as the message does that dies again', async () => {
    const { harness, leader, others } = await deadGroup()
    harness.answerWith(() => answer(404))
    await replay(harness, [leader, ...others])
    await harness.drain()
    await harness.pass(MINUTE_MS)
    expect(harness.requests).toHaveLength(1)
    expect(await outcomesOf(harness)).toEqual(['dead', 'dead', 'dead'])
  })

  it('sends one of the others alone while the message is not sent again', async () => {
    const { harness, others } = await deadGroup()
    await replay(harness, others.slice(0, 1))
    await harness.drain()
    expect(harness.requests).toHaveLength(1)
    expect(String(harness.requests[0]?.body)).not.toContain('3 events')
    expect((await outcomesOf(harness)).toSorted()).toEqual(['dead', 'dead', 'delivered'])
  })

  it('sends one of the others alone once more that was told in the message', async () => {
    const { harness, leader, others } = await deadGroup()
    await replay(harness, [leader, ...others])
    await harness.drain()
    await harness.pass(MINUTE_MS)
    await replay(harness, others.slice(0, 1))
    await harness.drain()
    expect(harness.requests).toHaveLength(2)
    expect(String(harness.requests[1]?.body)).not.toContain('3 events')
  })
})
