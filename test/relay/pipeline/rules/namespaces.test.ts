import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../../../relay/model/event.ts'
import type { KubernetesObject } from '../../../../relay/model/kubernetes.ts'
import { match, matchAlert } from '../../../../relay/pipeline/match.ts'
import { MAX_EVENT_STEPS } from '../../../../relay/pipeline/pattern-budget.ts'
import { reconcile } from '../../../../relay/pipeline/reconcile.ts'
import { compileRoutingTable } from '../../../../relay/pipeline/routing-table.ts'
import { fixtureEvent } from '../../../support/notifications.ts'
import { alert, createHarness, provider } from '../../../support/relay-harness.ts'
import { annotated } from './annotated.ts'

const info = fixtureEvent('kustomization-finished')
const HOOK = provider('p', { type: 'generic', address: 'https://hooks.example/x' })
const NO_CROSSING = { noCrossNamespaceRefs: false }

function tableOf(alerts: readonly KubernetesObject[]) {
  const manifests = [HOOK, ...alerts]
  return compileRoutingTable({
    cluster: 'local',
    revision: '1',
    takenAt: 0,
    manifests,
    objects: [],
  })
}

function eventIn(namespace: string): Event {
  return { ...info, involvedObject: { ...info.involvedObject, namespace } }
}

function takenIn(namespace: string, alerts: readonly KubernetesObject[], options = NO_CROSSING) {
  const { candidates } = match({ event: eventIn(namespace) }, tableOf(alerts), options)
  return [...candidates].map(({ alert: { metadata }, kind }) => `${metadata.name} ${kind}`)
}

const ofKind = (namespace?: string) => ({
  eventSources: [{ kind: 'Kustomization', name: '*', ...(namespace && { namespace }) }],
})

describe('the rule namespaces', () => {
  it.each([
    ['*', 'anywhere', ['a matched']],
    ['*', 'flux-system', ['a matched']],
    ['apps,infra', 'apps', ['a matched']],
    [' apps , infra ', 'infra', ['a matched']],
    ['apps,infra', 'flux-system', []],
    ['apps', 'app', []],
  ])('%j takes what happens in namespace %s: %j', (namespaces, namespace, taken) => {
    expect(takenIn(namespace, [annotated(alert('a', 'p'), { namespaces })])).toEqual(taken)
  })

  it('is for sources alone that name none themselves', () => {
    const rule = annotated(alert('a', 'p', ofKind('apps')), { namespaces: '*' })
    expect(takenIn('apps', [rule])).toEqual(['a matched'])
    expect(takenIn('infra', [rule])).toEqual([])
  })

  it('makes one candidate of two sources that fit', () => {
    const eventSources = [
      { kind: 'Kustomization', name: '*', namespace: 'apps' },
      { kind: 'Kustomization', name: '*' },
      { kind: 'Kustomization', name: 'podinfo' },
    ]
    const rule = annotated(alert('a', 'p', { eventSources }), { namespaces: '*' })
    expect(takenIn('apps', [rule])).toEqual(['a matched'])
  })

  it('keeps the order of the configuration, and finds what a look at each Alert finds', () => {
    const namespaces = fc.constantFrom('*', 'apps', 'apps,infra', undefined)
    const source = fc.constantFrom('apps', 'infra', undefined)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(namespaces, source), { maxLength: 8 }),
        fc.constantFrom('apps', 'infra', 'flux-system', 'other'),
        (rules, namespace) => {
          const alerts = rules.map(([named, own], index) =>
            annotated(alert(`a${index}`, 'p', ofKind(own)), named ? { namespaces: named } : {}),
          )
          const table = tableOf(alerts)
          const event = eventIn(namespace)
          const looked = [...table.alertsByUid.values()]
            .map((compiled) => matchAlert({ event }, compiled, table, NO_CROSSING))
            .filter(({ kind }) => kind === 'matched')
            .map(({ alert: { metadata } }) => `${metadata.name} matched`)
          expect(takenIn(namespace, alerts)).toEqual(looked)
        },
      ),
    )
  })

  it('names its namespaces when an event is in another', () => {
    const table = tableOf([annotated(alert('a', 'p'), { namespaces: 'apps,infra' })])
    const [compiled] = table.alertsByUid.values()
    if (!compiled) throw new Error('no Alert')
    expect(matchAlert({ event: eventIn('x') }, compiled, table, NO_CROSSING)).toMatchObject({
      kind: 'skipped',
      rule: 'namespace',
      reason: 'the Alert is for Kustomization in namespace apps, infra, and not in x',
    })
  })

  it('goes no further than no-cross-namespace-refs allows', () => {
    const rule = annotated(alert('a', 'p'), { namespaces: '*' })
    const options = { noCrossNamespaceRefs: true }
    expect(takenIn('apps', [rule], options)).toEqual(['a skipped'])
    expect(takenIn('flux-system', [rule], options)).toEqual(['a matched'])
  })

  it.each([
    ['apps infra', /"apps infra" is none/],
    ['apps,', /"" is none/],
    ['*,apps', /"\*" is none/],
    ['team-*', /"team-\*" is none/],
    [Array.from({ length: 101 }, (_, index) => `n${index}`).join(), /at most 100 namespaces/],
  ])(
    '%j is not valid, and events of any namespace wait for the mended one',
    async (namespaces, said) => {
      const harness = createHarness()
      const rule = annotated(alert('a', 'p'), { namespaces })
      const { objects } = await reconcile('local', [HOOK, rule], 0, harness.ports.secrets)
      expect(objects[0]).toMatchObject({ ready: false, message: expect.stringMatching(said) })

      await harness.configure(HOOK, rule)
      const involvedObject = { ...info.involvedObject, namespace: 'apps' }
      await harness.send('kustomization-finished', { involvedObject })
      await harness.drain()
      expect(await harness.records()).toMatchObject([{ outcome: 'retry' }])
      await harness.configure(HOOK, annotated(alert('a', 'p'), { namespaces: 'apps' }))
      await harness.drainNext()
      expect(await harness.records()).toMatchObject([{ outcome: 'delivered' }])
    },
  )

  it('bounds the index of a cluster, and holds back what an Alert beyond it would send', async () => {
    const namespaces = Array.from({ length: 100 }, (_, index) => `n${index}`).join()
    const eventSources = Array.from({ length: 400 }, (_, index) => ({
      kind: 'Kustomization',
      name: `k${index}`,
    }))
    const large = (name: string) => annotated(alert(name, 'p', { eventSources }), { namespaces })
    const fitting = annotated(alert('d', 'p'), { namespaces: 'apps' })
    const alerts = [large('a'), large('b'), large('c'), fitting]
    const { objects } = await reconcile('local', [HOOK, ...alerts], 0, {
      read: async () => undefined,
    })
    expect(objects.map(({ name, ready }) => [name, ready])).toEqual([
      ...[
        ['a', true],
        ['b', true],
        ['c', false],
        ['d', true],
      ],
      ['p', true],
    ])
    expect(objects[2]?.message).toContain('name more than 100000 namespaces')
    const event = eventIn('apps')
    const named = { ...event, involvedObject: { ...event.involvedObject, name: 'k1' } }
    const { candidates } = match({ event: named }, tableOf(alerts), NO_CROSSING)
    expect([...candidates].map(({ alert: { metadata }, kind }) => [metadata.name, kind])).toEqual([
      ['c', 'missing'],
      ['d', 'matched'],
    ])
  })

  it('bounds what the patterns of Alerts for any namespace cost together', async () => {
    const costly = (index: number) => `(?:[a-z]{1,120}${index}){4}`
    const alerts = Array.from({ length: 40 }, (_, index) =>
      annotated(alert(`a${index}`, 'p', { exclusionList: [costly(index)] }), { namespaces: '*' }),
    )
    const { objects } = await reconcile('local', [HOOK, ...alerts], 0, {
      read: async () => undefined,
    })
    const refused = objects.filter(({ reason }) => reason === 'PatternRefused')
    expect(refused.length).toBeGreaterThan(0)
    expect(refused[0]?.message).toContain('for Kustomization in any namespace that come before it')
    expect(tableOf(alerts).patternSteps).toBeLessThanOrEqual(MAX_EVENT_STEPS)
  })
})
