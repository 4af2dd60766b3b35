import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../../../relay/model/kubernetes.ts'
import { createOrderTimes } from '../../../../relay/pipeline/order.ts'
import { reconcile, reconcileFleet } from '../../../../relay/pipeline/reconcile.ts'
import { reportConfiguration } from '../../../../relay/pipeline/self/configuration-reports.ts'
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

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const OPS = provider('ops', { type: 'slack', address: 'https://hooks.slack.com/services/x' })
const TOLD = annotated(alert('ops', 'ops', { eventSources: [{ kind: 'Bucket', name: 'none' }] }), {
  self: 'deliveries',
  remind: '1h',
})
const ALL = alert('all', 'broken')

function broken(uid: string | undefined, address = 'https://broken.example/'): KubernetesObject {
  const { metadata, ...rest } = provider('broken', { type: 'generic', address })
  const { uid: _, ...named } = metadata
  return { ...rest, metadata: { ...named, ...(uid !== undefined && { uid }) } }
}

/** A configuration comes, and what follows is done. */
async function take(harness: Harness, ...manifests: readonly KubernetesObject[]): Promise<void> {
  const { ports, clock } = harness
  clock.advance(MINUTE_MS)
  const judged = await reconcile(CLUSTER, manifests, clock.now(), ports.secrets)
  await ports.configs.replace(judged)
  await reportConfiguration(ports, CLUSTER)
  await harness.drain()
}

/** A Provider of the fleet. */
function shared(): KubernetesObject {
  const { metadata: _, ...rest } = broken(undefined, 'https://broken.example/fleet')
  return annotated({ ...rest, metadata: { name: 'broken' } }, { 'allow-clusters': '*' })
}

async function putFleet({ ports }: Harness, ...manifests: readonly KubernetesObject[]) {
  await ports.configs.replace(await reconcileFleet(manifests, ports.clock.now(), ports.secrets))
}

/** A relay that told that a Provider fails. */
async function setUp(failing: KubernetesObject = broken('1'), all = ALL): Promise<Harness> {
  const harness = createHarness({}, { orderTimes: createOrderTimes() })
  await putFleet(harness, shared())
  await take(harness, OPS, TOLD, failing, all)
  harness.answerWith(({ url }) => answer(url.includes('broken') ? 503 : 200))
  await harness.sendJson(fixtureJson('kustomization-finished'))
  await harness.drain()
  await harness.pass(HOUR_MS)
  expect(told(harness)).toEqual([expect.stringMatching(FAILING)])
  return harness
}

const FAILING = /^Deliveries to Provider \S+\/broken have failed for \d+ minutes: HTTP 503$/
const GONE =
  /^Provider flux-system\/broken was deleted; deliveries to it had failed since 20\d\d-.+Z$/

const told = ({ requests }: Harness) =>
  requests
    .filter(({ url }) => url.includes('slack'))
    .map(({ body }) => String(JSON.parse(String(body)).attachments[0].text))

describe('self: deliveries, of a Provider that fails', () => {
  it.each([
    ['with a UID', '1'],
    ['without a UID', undefined],
  ])('and is deleted, %s, tells that once, and reminds no more', async (_, uid) => {
    const harness = await setUp(broken(uid))
    await take(harness, OPS, TOLD)
    await take(harness, OPS, TOLD, ALL)
    await harness.pass(5 * HOUR_MS)
    expect(told(harness).slice(1)).toEqual([expect.stringMatching(GONE)])
  })

  it('and is made anew, tells that the one before is gone, and of the new one what it told of that', async () => {
    const harness = await setUp()
    await take(harness, OPS, TOLD, broken('2'), ALL)
    harness.answerWith(() => answer(200))
    await harness.pass(5 * HOUR_MS)
    expect(told(harness).slice(1)).toEqual([expect.stringMatching(GONE)])

    harness.answerWith(({ url }) => answer(url.includes('broken') ? 503 : 200))
    const event = fixtureJson('kustomization-finished')
    const involvedObject = { ...Object(event.involvedObject), name: 'other' }
    await harness.sendJson({ ...event, involvedObject })
    await harness.drain()
    await harness.pass(HOUR_MS)
    expect(told(harness).slice(2)).toEqual([expect.stringMatching(FAILING)])
  })

  it('and stays, goes on reminding, whatever else changes', async () => {
    const harness = await setUp()
    await take(harness, OPS, TOLD, broken('1', 'https://broken.example/other'), ALL)
    await harness.pass(3 * HOUR_MS)
    expect(told(harness).slice(1)).toEqual([
      expect.stringContaining('reminder 1'),
      expect.stringContaining('reminder 2'),
      expect.stringContaining('reminder 3'),
    ])
  })

  it.each([
    ['with a UID', '1'],
    ['without a UID', undefined],
  ])('and stays with metadata that is not valid, %s, is not told to be gone', async (_, uid) => {
    const harness = await setUp(broken(uid))
    const { metadata, ...rest } = broken(uid)
    await take(harness, OPS, TOLD, { ...rest, metadata: { ...Object(metadata), labels: { a: 1 } } })
    expect(told(harness)).toHaveLength(1)
  })

  it('and worked again before it was deleted, tells nothing more', async () => {
    const harness = await setUp()
    harness.answerWith(() => answer(200))
    await harness.pass(HOUR_MS)
    const before = told(harness)
    expect(before.at(-1)).toContain('arrive again')
    await take(harness, OPS, TOLD)
    await harness.pass(5 * HOUR_MS)
    expect(told(harness)).toEqual(before)
  })

  it('and is of the fleet, tells that it is gone only once it is', async () => {
    const ofFleet = annotated(ALL, { provider: '_fleet/broken' })
    const harness = await setUp(OPS, ofFleet)
    await take(harness, OPS, TOLD)
    expect(told(harness)).toHaveLength(1)
    await putFleet(harness)
    await take(harness, OPS, TOLD)
    expect(told(harness).slice(1)).toEqual([
      expect.stringMatching(/^Provider _fleet\/broken was deleted; /),
    ])
  })
})
