import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../../../relay/model/kubernetes.ts'
import { createOrderTimes } from '../../../../relay/pipeline/order.ts'
import { reconcile, reconcileFleet } from '../../../../relay/pipeline/reconcile.ts'
import { reportDeletedClusters } from '../../../../relay/pipeline/self/cluster-reports.ts'
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

  it('and whose cluster is deleted, tells that once, though tries go on, and again once it comes back', async () => {
    const harness = await setUp()
    for (let times = 0; times < 2; times += 1) {
      await reportDeletedClusters(harness.ports, [CLUSTER])
      await harness.drain()
      await harness.pass(5 * HOUR_MS)
    }
    expect(told(harness).slice(1)).toEqual([
      expect.stringMatching(
        /^Provider flux-system\/broken was deleted with its cluster; deliveries to it had failed since 20\d\d-.+Z$/,
      ),
    ])
    await harness.pass(24 * HOUR_MS)
    await take(harness, OPS, TOLD, broken('1'), ALL)
    const timestamp = new Date(harness.clock.now()).toISOString()
    await harness.sendJson({ ...fixtureJson('kustomization-finished'), timestamp })
    await harness.drain()
    await harness.pass(HOUR_MS)
    expect(told(harness).filter((text) => FAILING.test(text))).toHaveLength(2)
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
    const invalid = { ...rest, metadata: { ...Object(metadata), labels: { a: 1 } } }
    await take(harness, OPS, TOLD, invalid, ALL)
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

  const suspended = (manifest: KubernetesObject): KubernetesObject => ({
    ...manifest,
    spec: { ...Object(manifest.spec), suspend: true },
  })
  const lead = (to: string) => annotated(ALL, { provider: to })

  it.each([
    ['is suspended', [suspended(broken('1')), ALL], 'is suspended'],
    ['has no Alert any more', [broken('1')], 'is used by no Alert now'],
    ['has Alerts that are all suspended', [broken('1'), suspended(ALL)], 'is used by no Alert now'],
    ['has Alerts that lead to another', [broken('1'), lead('team/x')], 'is used by no Alert now'],
  ])(
    'and %s, tells that once, and what fails there once it is in use again',
    async (_, set, how) => {
      const harness = await setUp()
      await take(harness, OPS, TOLD, ...set)
      await harness.pass(5 * HOUR_MS)
      const end = new RegExp(
        `^Provider flux-system/broken ${how}; deliveries to it had failed since 20`,
      )
      expect(told(harness).slice(1)).toEqual([expect.stringMatching(end)])

      await take(harness, OPS, TOLD, broken('1'), ALL)
      const event = fixtureJson('kustomization-finished')
      const involvedObject = { ...Object(event.involvedObject), name: 'other' }
      await harness.sendJson({ ...event, involvedObject })
      await harness.drain()
      await harness.pass(HOUR_MS)
      expect(told(harness).slice(2)).toEqual([expect.stringMatching(FAILING)])
    },
  )

  it.each([
    [
      'an Alert of another namespace',
      annotated(alert('x', 'none'), { provider: 'flux-system/broken' }),
    ],
    ['an Alert that may lead to it once it is mended', lead('what/is/this')],
  ])('and is used by %s, goes on reminding', async (_, used) => {
    const harness = await setUp()
    const { metadata } = used
    await take(harness, OPS, TOLD, broken('1'), {
      ...used,
      metadata: { ...metadata, namespace: 'team' },
    })
    await harness.pass(2 * HOUR_MS)
    expect(told(harness).at(-1)).toContain('reminder')
  })

  it('and is of the fleet, tells that it is gone only once it is', async () => {
    const ofFleet = annotated(ALL, { provider: '_fleet/broken' })
    const harness = await setUp(OPS, ofFleet)
    await take(harness, OPS, TOLD, ofFleet)
    expect(told(harness)).toHaveLength(1)
    await putFleet(harness)
    await take(harness, OPS, TOLD)
    expect(told(harness).slice(1)).toEqual([
      expect.stringMatching(/^Provider _fleet\/broken was deleted; /),
    ])
  })
})
