import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../../../relay/model/kubernetes.ts'
import { createOrderTimes } from '../../../../relay/pipeline/order.ts'
import { reconcile } from '../../../../relay/pipeline/reconcile.ts'
import { reportReadiness } from '../../../../relay/pipeline/self/alert-reports.ts'
import { reportDeletedClusters } from '../../../../relay/pipeline/self/cluster-reports.ts'
import {
  alert,
  CLUSTER,
  createHarness,
  type Harness,
  provider,
} from '../../../support/relay-harness.ts'
import { annotated } from '../rules/annotated.ts'

const OPS = provider('ops', { type: 'generic', address: 'https://ops.example/' })
const TOLD = annotated(alert('ops', 'ops', { eventSources: [{ kind: 'Bucket', name: 'x' }] }), {
  self: 'alerts',
})

const HOUR_MS = 3_600_000

/** A configuration comes, and the relay looks what is ready in it. */
async function take(harness: Harness, ...manifests: readonly KubernetesObject[]): Promise<void> {
  const { ports, clock } = harness
  clock.advance(60_000)
  const judged = await reconcile(CLUSTER, manifests, clock.now(), ports.secrets)
  await ports.configs.replace(judged)
  await reportReadiness(ports, CLUSTER)
  await harness.drain()
}

const toldBy = ({ requests }: Harness) =>
  requests.map(({ body }) => {
    const { severity, reason, message } = JSON.parse(String(body))
    return [severity, reason, message]
  })

const lost = (name: string) => alert(name, 'missing')
const MISSING = 'spec.providerRef.name: there is no Provider flux-system/missing'

describe('self: alerts', () => {
  it('tells once of an Alert that is not ready, and once that it is ready again', async () => {
    const harness = createHarness()
    await take(harness, OPS, TOLD)
    expect(toldBy(harness)).toEqual([])
    await take(harness, OPS, TOLD, lost('a'))
    await take(harness, OPS, TOLD, lost('a'))
    expect(toldBy(harness)).toEqual([
      ['error', 'AlertNotReady', `Alert flux-system/a is not ready: ${MISSING}`],
    ])
    await take(
      harness,
      OPS,
      TOLD,
      alert('a', 'ops', { eventSources: [{ kind: 'Bucket', name: 'x' }] }),
    )
    expect(toldBy(harness).slice(1)).toEqual([
      ['info', 'AlertReady', 'Alert flux-system/a is ready again'],
    ])
    await take(harness, OPS, TOLD, lost('a'))
    expect(toldBy(harness).slice(2)).toMatchObject([['error', 'AlertNotReady', expect.anything()]])
  })

  it('tells once that an Alert that was not ready is deleted with its cluster', async () => {
    const harness = createHarness({}, { orderTimes: createOrderTimes() })
    const slack = provider('ops', { type: 'slack', address: 'https://hooks.slack.com/services/x' })
    const told = annotated(TOLD, { self: 'alerts', only: 'failures' })
    await take(harness, slack, told, lost('a'))
    for (let times = 0; times < 2; times += 1) {
      await reportDeletedClusters(harness.ports, [CLUSTER])
      await harness.drain()
    }
    await harness.pass(HOUR_MS)
    await take(harness, slack, told, lost('a'))
    const texts = harness.requests.map(({ body }) => JSON.parse(String(body)).attachments[0].text)
    expect(texts).toEqual(
      ['not ready: ', 'deleted; it was not ready', 'not ready: '].map((words) =>
        expect.stringContaining(`Alert flux-system/a is ${words}`),
      ),
    )
  })

  it('begins anew when nobody can read any more what was told', async () => {
    const harness = createHarness()
    await take(harness, OPS, TOLD, lost('a'))
    const { state, clock } = harness.ports
    await state.write(`${CLUSTER}#readiness#`, { v: 1 }, 1, clock.now() + 1e9)
    await take(harness, OPS, TOLD, lost('a'), lost('b'))
    // Of the other one it is a repeat.
    expect(toldBy(harness).slice(1)).toEqual([
      ['error', 'AlertNotReady', `Alert flux-system/b is not ready: ${MISSING}`],
    ])
  })

  it('tells nothing of an Alert that is gone, and nothing to whom does not want it', async () => {
    const harness = createHarness()
    await take(harness, OPS, TOLD, lost('a'))
    await take(harness, OPS, TOLD)
    expect(toldBy(harness)).toHaveLength(1)

    const other = createHarness()
    await take(other, OPS, lost('a'))
    expect(await other.records()).toEqual([])
  })

  it.each<[string, Record<string, string>, readonly string[]]>([
    ['ends its reminders', { remind: '1h' }, ['is not ready', 'is deleted', 'is not ready']],
    ['is its end', { only: 'failures' }, ['is not ready', 'is deleted', 'is not ready']],
    ['is no news to who has no such rule', {}, ['is not ready', 'is not ready']],
  ])('that is gone %s', async (_, rules, said) => {
    const harness = createHarness({}, { orderTimes: createOrderTimes() })
    const slack = provider('ops', { type: 'slack', address: 'https://hooks.slack.com/services/x' })
    const told = annotated(TOLD, { self: 'alerts', ...rules })
    await take(harness, slack, told, lost('a'))
    await take(harness, slack, told)
    await take(harness, slack, told)
    harness.clock.advance(10 * 60_000)
    while ((harness.nextWakeAt() ?? Number.POSITIVE_INFINITY) < harness.clock.now() + 5 * HOUR_MS) {
      await harness.drainNext()
    }
    await take(harness, slack, told, lost('a'))
    const texts = harness.requests.map(({ body }) => JSON.parse(String(body)).attachments[0].text)
    expect(texts).toEqual(
      said.map((words) => expect.stringContaining(`Alert flux-system/a ${words}`)),
    )
  })

  it('reaches an Alert with a source of the kind Alert too', async () => {
    const harness = createHarness()
    await take(
      harness,
      OPS,
      alert('ops', 'ops', { eventSources: [{ kind: 'Alert', name: '*' }] }),
      lost('a'),
    )
    expect(toldBy(harness)).toMatchObject([['error', 'AlertNotReady', expect.anything()]])
  })

  it('tells of a hundred at most', async () => {
    const harness = createHarness()
    const many = Array.from({ length: 130 }, (_, index) => lost(`a${index}`))
    await take(harness, OPS, TOLD, ...many)
    await take(harness, OPS, TOLD, ...many)
    expect(toldBy(harness)).toHaveLength(100)
  })
  it('says of an Alert that it is ready again only if it said that it was not', async () => {
    const harness = createHarness()
    const names = Array.from({ length: 130 }, (_, index) => `a${index}`)
    const works = (name: string) =>
      alert(name, 'ops', { eventSources: [{ kind: 'Bucket', name: 'x' }] })
    await take(harness, OPS, TOLD, ...names.map(lost))
    // The first 60, which were told, work again: there is room for the last 30, which were not.
    await take(harness, OPS, TOLD, ...names.slice(0, 60).map(works), ...names.slice(60).map(lost))
    await take(harness, OPS, TOLD, ...names.map(works))
    const reasons = toldBy(harness).map(([, reason]) => reason)
    const count = (wanted: string) => reasons.filter((reason) => reason === wanted).length
    expect([count('AlertNotReady'), count('AlertReady')]).toEqual([130, 130])
  })
})
