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
import { beforeMessageIsWritten } from './moments.ts'

const SLACK = provider('p', { type: 'slack', address: 'https://hooks.slack.com/services/x' })
const MINUTE_MS = 60_000

/** A relay with a group of `first` and others, of which the destination takes all but `first`. */
async function setUp(...others: readonly string[]): Promise<Harness> {
  const harness = createHarness()
  const rules = { 'group-by': "'all'", 'group-wait': '30s', 'group-max': '1m' }
  await harness.configure(SLACK, annotated(alert('a', 'p'), rules))
  harness.answerWith(({ body }) => answer(String(body).includes('first') ? 503 : 200))
  for (const name of ['first', ...others]) await send(harness, name)
  const [leader] = (await harness.records()).filter(({ id, toldIn }) => id === toldIn)
  await requestReplay(harness.ports, String(leader?.id))
  await harness.drain()
  return harness
}

async function send(harness: Harness, name: string): Promise<void> {
  const event = fixtureJson('kustomization-finished')
  await harness.sendJson({ ...event, involvedObject: { ...Object(event.involvedObject), name } })
  await harness.drain()
}

const outcomesOf = async (harness: Harness) =>
  Object.fromEntries(
    (await harness.records()).map(({ event, outcome }) => [event.involvedObject.name, outcome]),
  )

describe('a group whose first delivery a person replays, and which fails then', () => {
  it('tells of the others in their time', async () => {
    const harness = await setUp('b', 'c')
    await harness.pass(2 * MINUTE_MS)
    expect(await outcomesOf(harness)).toEqual({ first: 'retry', b: 'delivered', c: 'delivered' })
  })

  it('keeps what comes after that waiting no longer than anything else', async () => {
    const harness = await setUp()
    for (const name of ['d', 'e']) await send(harness, name)
    await harness.pass(31_000)
    expect(await outcomesOf(harness)).toEqual({ first: 'retry', d: 'delivered', e: 'delivered' })
  })

  it('tells of what comes later in its time', async () => {
    const harness = await setUp()
    await harness.pass(20 * MINUTE_MS)
    for (const name of ['d', 'e']) await send(harness, name)
    await harness.pass(2 * MINUTE_MS)
    expect(await outcomesOf(harness)).toEqual({ first: 'retry', d: 'delivered', e: 'delivered' })
  })
})

describe('a group whose first delivery a person replays while its message is made', () => {
  it('tells of each delivery in that message alone', async () => {
    const harness = createHarness()
    const rules = { 'group-by': "'all'", 'group-wait': '30s', 'group-max': '1m' }
    await harness.configure(SLACK, annotated(alert('a', 'p'), rules))
    for (const name of ['first', 'b']) await send(harness, name)
    harness.clock.advance(40_000)
    const retries = await harness.queue.leaseRetries(100)
    const leader = (await harness.records()).find(({ id, toldIn }) => id === toldIn)?.id ?? ''
    const dispatch = async (isLeader: boolean) => {
      for (const retry of retries) {
        if ((retry.deliveryId === leader) !== isLeader) continue
        await harness.dispatcher.dispatchRetry(retry)
        await harness.queue.acknowledgeRetry(retry)
      }
    }
    beforeMessageIsWritten(harness, leader, async () => {
      await requestReplay(harness.ports, leader)
      await dispatch(false)
    })
    await dispatch(true)
    await harness.pass(5 * MINUTE_MS)
    const told = harness.requests.map(({ body }) => /(\d) events of/.exec(String(body))?.[1])
    // Once more, as the person asked for it.
    expect(told).toEqual(['2', '2'])
    const records = await harness.records()
    expect(records.map(({ outcome, toldIn }) => [outcome, toldIn])).toEqual([
      ['delivered', leader],
      ['delivered', leader],
    ])
  })
})
