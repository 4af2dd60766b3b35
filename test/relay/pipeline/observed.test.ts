import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../../relay/model/kubernetes.ts'
import { requestReplay } from '../../../relay/pipeline/replay.ts'
import type { FixtureName } from '../../support/notifications.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  githubPair,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'

const FAILED = 'kustomization-health-check-failed'
const APPLIED = 'kustomization-applied'

const SLACK = [
  provider('slack', { type: 'slack', channel: 'ops', secretRef: { name: 'slack' } }),
  alert('all', 'slack'),
]

async function observing(...manifests: readonly KubernetesObject[]): Promise<Harness> {
  const harness = createHarness()
  const address = 'https://hooks.slack.com/services/T0/B0/secret'
  harness.observed.add(CLUSTER)
  harness.secrets.set(`${CLUSTER}/flux-system/slack`, { address })
  harness.secrets.set(`${CLUSTER}/flux-system/github`, { token: 'ghp_example' })
  await harness.configure(...manifests)
  return harness
}

/** Dispatches an event of now, one second after the one before. */
async function happen(harness: Harness, name: FixtureName): Promise<void> {
  harness.clock.advance(1_000)
  await harness.send(name, { timestamp: new Date(harness.clock.now()).toISOString() })
  await harness.drain()
}

/** The outcomes in the order of their events. */
async function outcomes(harness: Harness): Promise<readonly string[]> {
  return (await harness.records()).toReversed().map(({ outcome }) => outcome)
}

describe('an observed cluster', () => {
  it('sends nothing, and records what would have been sent, its secrets masked', async () => {
    const harness = await observing(...SLACK)
    await happen(harness, FAILED)
    expect(harness.requests).toEqual([])
    expect(await harness.records()).toMatchObject([
      {
        outcome: 'observed',
        status: { kind: 'final', outcome: 'skipped', observed: true },
        reason: 'observed: would have been sent to https://hooks.slack.com/***',
        provider: { name: 'slack', type: 'slack' },
        tries: 0,
        attempts: [],
      },
    ])
    expect(harness.nextWakeAt()).toBeUndefined()
  })

  it('names the host of a type with a protocol of its own', async () => {
    const nats = { type: 'nats', address: 'nats://nats.test:4222', channel: 'flux' }
    const harness = await observing(provider('nats', nats), alert('all', 'nats'))
    await happen(harness, FAILED)
    expect((await harness.records())[0]?.reason).toBe(
      'observed: would have been sent to nats.test:4222',
    )
  })

  it('records what could not be sent as a live cluster does', async () => {
    const broken = provider('broken', { type: 'slack', address: 'no address' })
    const harness = await observing(...SLACK, broken, alert('to-broken', 'broken'))
    harness.secrets.delete(`${CLUSTER}/flux-system/slack`)
    await happen(harness, FAILED)
    const shown = (await harness.records()).map(({ alert: { name } = {}, outcome, reason }) =>
      [name, outcome, reason].join(': '),
    )
    expect(shown.toSorted()).toEqual([
      expect.stringMatching(/^all: retry: Secret flux-system\/slack is not known/),
      expect.stringMatching(/^to-broken: dead: /),
    ])
  })

  it('judges repeats as if what it observes were told', async () => {
    const harness = await observing(...SLACK)
    await happen(harness, FAILED)
    await happen(harness, FAILED)
    expect(await outcomes(harness)).toEqual(['observed', 'suppressed'])
  })

  it('judges unchanged and superseded statuses as if what it observes were shown', async () => {
    const harness = await observing(...githubPair())
    await happen(harness, APPLIED)
    harness.clock.advance(10 * 60_000)
    await happen(harness, APPLIED)
    await happen(harness, FAILED)
    const late = new Date(harness.clock.now() - 10_000).toISOString()
    await harness.send(APPLIED, { timestamp: late })
    await harness.drain()
    expect(harness.requests).toEqual([])
    const reasons = (await harness.records()).map(({ reason }) => reason)
    expect(reasons).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^unchanged: success: reconciliation succeeded since /),
        'superseded by a newer event of the same subject',
      ]),
    )
    expect(reasons.filter((reason) => reason?.startsWith('observed: '))).toHaveLength(2)
  })

  it('makes the outcome of the second try of a crash that of the first', async () => {
    const harness = await observing(...githubPair())
    await harness.send(APPLIED)
    const [event] = await harness.queue.leaseEvents(1)
    if (!event) throw new Error('nothing is queued')
    const { ledger } = harness.ports
    const { writeMany } = ledger
    ledger.writeMany = () => Promise.reject(new Error('crash'))
    await expect(harness.dispatcher.dispatchEvent(event)).rejects.toThrow()
    ledger.writeMany = writeMany.bind(ledger)
    await harness.dispatcher.dispatchEvent(event)
    expect(await outcomes(harness)).toEqual(['observed'])
  })
})

describe('a cluster that goes live', () => {
  it('tells of a failure that was only observed when it comes again', async () => {
    const harness = await observing(...SLACK)
    await happen(harness, FAILED)
    harness.observed.delete(CLUSTER)
    await happen(harness, FAILED)
    await happen(harness, FAILED)
    expect(harness.requests).toHaveLength(1)
    expect(await outcomes(harness)).toEqual(['observed', 'delivered', 'suppressed'])
  })

  it('sends a status that was only observed when it comes again', async () => {
    const harness = await observing(...githubPair())
    await happen(harness, APPLIED)
    harness.observed.delete(CLUSTER)
    harness.clock.advance(10 * 60_000)
    await happen(harness, APPLIED)
    harness.clock.advance(10 * 60_000)
    await happen(harness, APPLIED)
    expect(harness.requests).toHaveLength(1)
    expect(await outcomes(harness)).toEqual(
      expect.arrayContaining(['observed', 'delivered', 'suppressed']),
    )
  })

  it('does not trust a status of before, once another one was observed', async () => {
    const harness = await observing(...githubPair())
    harness.observed.delete(CLUSTER)
    await happen(harness, APPLIED)
    harness.observed.add(CLUSTER)
    await happen(harness, FAILED)
    harness.observed.delete(CLUSTER)
    await happen(harness, APPLIED)
    expect(await outcomes(harness)).toEqual(['delivered', 'observed', 'delivered'])
  })

  it('knows the status that it showed before, if nothing else was observed', async () => {
    const harness = await observing(...githubPair())
    harness.observed.delete(CLUSTER)
    await happen(harness, APPLIED)
    harness.observed.add(CLUSTER)
    harness.clock.advance(10 * 60_000)
    await happen(harness, APPLIED)
    harness.observed.delete(CLUSTER)
    harness.clock.advance(10 * 60_000)
    await happen(harness, APPLIED)
    expect(harness.requests).toHaveLength(1)
  })

  it('sends what still waited', async () => {
    const harness = await observing(...SLACK)
    const secret = `${CLUSTER}/flux-system/slack`
    const address = harness.secrets.get(secret)
    harness.secrets.delete(secret)
    await happen(harness, FAILED)
    harness.observed.delete(CLUSTER)
    if (address) harness.secrets.set(secret, address)
    await harness.drainNext()
    expect(await outcomes(harness)).toEqual(['delivered'])
  })
})

describe('a cluster that is observed again', () => {
  it('sends no more of what waits for its next try', async () => {
    const harness = await observing(...SLACK)
    harness.observed.delete(CLUSTER)
    harness.answerWith(() => answer(503))
    await happen(harness, FAILED)
    harness.observed.add(CLUSTER)
    await harness.drainNext()
    expect(harness.requests).toHaveLength(1)
    expect(await outcomes(harness)).toEqual(['observed'])
    expect((await harness.records())[0]).toMatchObject({ tries: 1 })
  })
})

describe('a replay', () => {
  it('is refused while the cluster is observed, and sends once it is live', async () => {
    const harness = await observing(...SLACK)
    await happen(harness, FAILED)
    const [record] = await harness.records()
    const id = record?.id ?? ''
    expect(await requestReplay(harness.ports, id)).toEqual({
      kind: 'refused',
      reason:
        'the cluster local is observed, so nothing is sent for it: flux-relay cluster go-live local ends that',
    })
    expect(await outcomes(harness)).toEqual(['observed'])

    harness.observed.delete(CLUSTER)
    expect(await requestReplay(harness.ports, id)).toMatchObject({ kind: 'queued' })
    await harness.drain()
    expect(harness.requests).toHaveLength(1)
    expect(await outcomes(harness)).toEqual(['delivered'])
  })
})
