import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../../relay/model/event.ts'
import { match } from '../../../relay/pipeline/match.ts'
import { compileRoutingTable } from '../../../relay/pipeline/routing-table.ts'
import { sourceMiss } from '../../../relay/pipeline/source-index.ts'
import { fixtureEvent } from '../../support/notifications.ts'
import { alert, provider } from '../../support/relay-harness.ts'

const info = fixtureEvent('kustomization-finished')
const hook = provider('hook', { type: 'generic', address: 'https://a.test' })

function tableOf(specs: readonly Readonly<Record<string, unknown>>[]) {
  const alerts = specs.map((spec, index) => alert(`alert-${index}`, 'hook', spec))
  const manifests = [hook, ...alerts]
  return compileRoutingTable({
    cluster: 'local',
    revision: '1',
    takenAt: 0,
    manifests,
    objects: [],
  })
}

function eventOf(name: string, severity = 'info'): Event {
  return { ...info, severity, involvedObject: { ...info.involvedObject, name } }
}

describe('the sources of a kind and namespace', () => {
  const labels = fc.dictionary(
    fc.constantFrom('team', 'tier', 'a=b'),
    fc.constantFrom('x', 'b=x'),
    {
      maxKeys: 3,
    },
  )
  const source = fc.record({
    kind: fc.constant('Kustomization'),
    name: fc.constantFrom('*', 'podinfo', 'web'),
    matchLabels: labels,
  })
  const spec = fc.record({
    eventSeverity: fc.constantFrom('info', 'error', ''),
    eventSources: fc.array(source, { minLength: 1, maxLength: 4 }),
  })
  const event = fc.record({
    name: fc.constantFrom('podinfo', 'web', 'other', '*'),
    severity: fc.constantFrom('info', 'error', 'trace'),
  })

  it('are found as if each were looked at, in the order of the configuration', () => {
    fc.assert(
      fc.property(
        fc.array(spec, { maxLength: 12 }),
        event,
        fc.option(labels, { nil: undefined }),
        (specs, { name, severity }, objectLabels) => {
          const index = tableOf(specs).sources.for('Kustomization', 'flux-system')
          const input = { event: eventOf(name, severity), objectLabels }
          const fitting = index?.all.filter((entry) => sourceMiss(input, entry) === undefined)
          expect(index && [...index.fitting(input)]).toEqual(fitting)
        },
      ),
    )
  })

  it.each([
    [
      { kind: 'Kustomization/a', namespace: 'b' },
      { kind: 'Kustomization', namespace: 'a/b' },
    ],
    [
      { kind: 'A', namespace: 'b/c/d' },
      { kind: 'A/b', namespace: 'c/d' },
    ],
    [
      { kind: '1:A', namespace: 'b' },
      { kind: '1', namespace: 'A/b' },
    ],
    [
      { kind: 'A\0b', namespace: 'c' },
      { kind: 'A', namespace: 'b\0c' },
    ],
  ])('are not those of another one whose names read alike: %j and %j', (one, other) => {
    const table = tableOf([{ eventSources: [{ ...one, name: '*' }] }])
    const fits = (object: typeof one) => {
      const event = { ...info, involvedObject: { ...info.involvedObject, ...object } }
      const { candidates } = match({ event }, table, { noCrossNamespaceRefs: false })
      return [...candidates].length
    }
    expect([fits(one), fits(other)]).toEqual([1, 0])
  })

  it('are named and counted when none fits', () => {
    const specs = Array.from({ length: 7 }, (_, index) => ({
      eventSources: [{ kind: 'Kustomization', name: `app-${index}` }],
    }))
    const { candidates, whyNone } = match({ event: eventOf('web') }, tableOf(specs), {
      noCrossNamespaceRefs: false,
    })
    expect([...candidates]).toEqual([])
    expect(whyNone()).toMatch(/^no Alert takes Kustomization\/flux-system\/web: /)
    expect(whyNone()).toMatch(/Alert flux-system\/alert-4 is for Kustomization app-4; and 2 more$/)
  })
})

describe('matching', () => {
  const FITTING = 10
  const fitting = {
    inclusionList: ['finished'],
    eventSources: [{ kind: 'Kustomization', name: '*' }],
  }

  it.each<[string, (index: number) => Readonly<Record<string, unknown>>]>([
    ['names', (index) => ({ eventSources: [{ kind: 'Kustomization', name: `app-${index}` }] })],
    [
      'labels',
      (index) => ({
        eventSources: [
          { kind: 'Kustomization', name: '*', matchLabels: { tier: 'x', app: `app-${index}` } },
        ],
      }),
    ],
    [
      'severities',
      () => ({ eventSeverity: 'error', eventSources: [{ kind: 'Kustomization', name: '*' }] }),
    ],
    [
      'namespaces',
      (index) => ({
        eventSources: [{ kind: 'Kustomization', name: '*', namespace: `n-${index}` }],
      }),
    ],
  ])('costs no more beside 10,000 Alerts of other %s', (_, other) => {
    const few = tableOf(Array.from({ length: FITTING }, () => fitting))
    const many = tableOf([
      ...Array.from({ length: 9_990 }, (_, index) => other(index)),
      ...Array.from({ length: FITTING }, () => fitting),
    ])
    const input = { event: eventOf('podinfo'), objectLabels: { tier: 'x', app: 'podinfo' } }
    const matchIn = (table: typeof few) => match(input, table, { noCrossNamespaceRefs: false })
    expect([...matchIn(many).candidates]).toHaveLength(FITTING)

    // The best of many short rounds: what else runs on the machine makes some of them longer.
    const best = { few: Number.POSITIVE_INFINITY, many: Number.POSITIVE_INFINITY }
    for (let round = 0; round < 50; round += 1) {
      best.few = Math.min(
        best.few,
        timeOf(() => matchIn(few)),
      )
      best.many = Math.min(
        best.many,
        timeOf(() => matchIn(many)),
      )
    }
    expect(best.many / best.few).toBeLessThan(2)
  })
})

function timeOf(action: () => unknown): number {
  const start = performance.now()
  for (let call = 0; call < 20; call += 1) action()
  return performance.now() - start
}
