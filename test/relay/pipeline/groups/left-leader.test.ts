import { expect, it } from 'vitest'
import { wakeWaiting } from '../../../../relay/pipeline/wake.ts'
import { fixtureJson } from '../../../support/notifications.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  type Harness,
  provider,
} from '../../../support/relay-harness.ts'
import { annotated } from '../rules/annotated.ts'
import { beforeLeaderIsRead, beforeMessageIsWritten } from './moments.ts'

const SECRET = `${CLUSTER}/flux-system/slack`
const SLACK = {
  type: 'slack',
  address: 'https://hooks.slack.com/services/x',
  secretRef: { name: 'slack' },
}
const RULES = { 'group-by': "'all'", 'group-wait': '30s', 'group-max': '1m' }

interface LeaderWithoutSecret {
  readonly harness: Harness
  readonly leader: string
  /** Dispatches what one of the others does that are due, which looks at its leader. */
  look(): Promise<void>
}

/**
 * A group whose first delivery waits for its Secret, and the Secret, which has come since. `isMade`: its message was made
 * before, and its destination did not take it.
 */
async function leaderWithoutSecret(isMade: boolean): Promise<LeaderWithoutSecret> {
  const harness = createHarness()
  harness.secrets.set(SECRET, {})
  await harness.configure(provider('p', SLACK), annotated(alert('a', 'p'), RULES))
  const event = fixtureJson('kustomization-finished')
  for (const name of ['first', 'bravo', 'charlie']) {
    await harness.sendJson({ ...event, involvedObject: { ...Object(event.involvedObject), name } })
    await harness.drain()
  }
  harness.answerWith(() => answer(503))
  if (isMade) await harness.pass(31_000)
  harness.secrets.delete(SECRET)
  await harness.drainNext()
  harness.secrets.set(SECRET, {})
  const records = await harness.records()
  const leader = records.find(({ id, toldIn }) => id === toldIn)
  expect(records.filter(({ why }) => why === 'configuration')).toEqual([leader])
  harness.requests.length = 0
  harness.answerWith(() => answer(200))
  harness.clock.advance(1_000)
  const looks = [...(await harness.queue.leaseRetries(100))]
  expect(looks).toHaveLength(2)
  return {
    harness,
    leader: String(leader?.id),
    async look() {
      const message = looks.shift()
      if (message === undefined) throw new Error('nobody looks')
      await harness.dispatcher.dispatchRetry(message)
      await harness.queue.acknowledgeRetry(message)
    },
  }
}

it('tells of whoever leaves a leader in its message alone if that is made at the same time', async () => {
  const { harness, leader, look } = await leaderWithoutSecret(false)
  beforeMessageIsWritten(harness, leader, async () => {
    await wakeWaiting(harness.ports, CLUSTER)
    await harness.drain()
  })
  await look()
  await look()
  await harness.pass(5 * 60_000)
  const told = harness.requests.map(({ body }) => /(\d) events of/.exec(String(body))?.[1])
  expect(told).toEqual(['3'])
  const records = await harness.records()
  expect(records.map(({ outcome, toldIn }) => [outcome, toldIn])).toEqual([
    ['delivered', leader],
    ['delivered', leader],
    ['delivered', leader],
  ])
})

it('tells of who looks at a leader while another one leaves it, and it is sent alone', async () => {
  const { harness, leader, look } = await leaderWithoutSecret(true)
  beforeLeaderIsRead(harness, leader, async () => {
    await look()
    await wakeWaiting(harness.ports, CLUSTER)
    await harness.drain()
  })
  await look()
  await harness.pass(5 * 60_000)
  const posts = harness.requests.map(({ body }) => String(body))
  for (const name of ['first', 'bravo', 'charlie']) {
    expect(
      posts.filter((post) => post.includes(`/${name}`)),
      name,
    ).toHaveLength(1)
  }
  const records = await harness.records()
  expect(records.map(({ outcome }) => outcome)).toEqual(['delivered', 'delivered', 'delivered'])
})
