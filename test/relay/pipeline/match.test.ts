import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event, Labels } from '../../../relay/model/event.ts'
import type { KubernetesObject } from '../../../relay/model/kubernetes.ts'
import { type Candidate, match } from '../../../relay/pipeline/match.ts'
import { compileRoutingTable } from '../../../relay/pipeline/routing-table.ts'
import { fixtureEvent } from '../../support/notifications.ts'
import { alert, provider } from '../../support/relay-harness.ts'

const HASH = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const hook = provider('a', { type: 'generic', address: 'https://a.test' })
const info = fixtureEvent('kustomization-finished')
const error = fixtureEvent('kustomization-health-check-failed')

function matching(
  manifests: readonly KubernetesObject[],
  event: Event,
  {
    objectLabels,
    noCrossNamespaceRefs = false,
  }: { objectLabels?: Labels; noCrossNamespaceRefs?: boolean } = {},
) {
  const snapshot = { cluster: 'local', revision: '1', takenAt: 0, manifests, objects: [] }
  const table = compileRoutingTable(snapshot)
  const { candidates, whyNone } = match({ event, objectLabels }, table, { noCrossNamespaceRefs })
  return { candidates: [...candidates], whyNone }
}

/** What the one Alert with this spec does with an event: a kind and perhaps a reason. */
function verdictOf(
  spec: Record<string, unknown>,
  event: Event = info,
  options: Parameters<typeof matching>[2] = {},
) {
  const { candidates, whyNone } = matching([hook, alert('one', 'a', spec)], event, options)
  const [candidate] = candidates
  if (!candidate) return `no match: ${whyNone()}`
  return candidate.kind === 'matched' ? 'matched' : `${candidate.kind}: ${candidate.reason}`
}

const source = (changes: Record<string, unknown>) => ({
  eventSources: [{ kind: 'Kustomization', name: '*', ...changes }],
})

describe('sources', () => {
  it.each([
    ['any name', {}, /^matched/],
    ['the name', { name: 'podinfo' }, /^matched/],
    ['a part of the name', { name: 'pod' }, /^no match/],
    ['a pattern, which is none', { name: 'pod*' }, /^no match/],
    ['another kind', { kind: 'HelmRelease' }, /^no match/],
    ['the kind in lower case', { kind: 'kustomization' }, /^no match/],
    ['the namespace', { namespace: 'flux-system' }, /^matched/],
    ['another namespace', { namespace: 'apps' }, /^no match/],
    ['an apiVersion, which is ignored', { apiVersion: 'other/v9' }, /^matched/],
  ])('with %s', (_, changes, verdict) => {
    expect(verdictOf(source(changes))).toMatch(verdict)
  })

  it.each([
    [undefined, /sender did not send the labels/],
    [{}, /wants the label team=web/],
    [{ team: 'web' }, /wants the label tier=front/],
    [{ team: 'web', tier: 'back' }, /wants the label tier=front/],
    [{ team: 'web', tier: 'front', more: 'x' }, /^matched/],
  ])('that select by labels, for the labels %j', (objectLabels, verdict) => {
    const spec = source({ matchLabels: { team: 'web', tier: 'front' } })
    expect(verdictOf(spec, info, { ...(objectLabels && { objectLabels }) })).toMatch(verdict)
  })

  it('of one Alert that fit twice make one candidate', () => {
    const eventSources = [
      { kind: 'Kustomization', name: '*' },
      { kind: 'Kustomization', name: 'podinfo' },
    ]
    const { candidates } = matching([hook, alert('one', 'a', { eventSources })], info)
    expect(candidates).toHaveLength(1)
  })

  // A few are judged once, and of more each is found when it is asked for.
  it.each([
    [1, 1],
    [8, 2],
    [9, 2],
    [40, 3],
  ])('of %i Alerts with %i that fit make the same candidates each time', (count, each) => {
    const eventSources = Array.from({ length: each }, () => ({ kind: 'Kustomization', name: '*' }))
    const names = Array.from({ length: count }, (_, at) => `alert-${at}`)
    const alerts = names.map((name) => alert(name, 'a', { eventSources }))
    const snapshot = { cluster: 'local', revision: '1', takenAt: 0, objects: [] }
    const table = compileRoutingTable({ ...snapshot, manifests: [hook, ...alerts] })
    const found = match({ event: info }, table, { noCrossNamespaceRefs: false })
    const namesOf = (candidates: Iterable<Candidate>) =>
      Array.from(candidates, ({ kind, alert }) => `${kind} ${alert.metadata.name}`)
    const expected = names.map((name) => `matched ${name}`)
    expect(namesOf(found.candidates)).toEqual(expected)
    expect(namesOf(found.candidates)).toEqual(expected)
    expect(Array.from(found.alerts, ({ alert }) => alert.metadata.name)).toEqual(names)
  })
})

describe('severity', () => {
  it.each([
    ['info', info, /^matched/],
    ['info', error, /^matched/],
    ['error', error, /^matched/],
    ['error', info, /takes errors only/],
    ['', info, /^matched/],
    [undefined, info, /^matched/],
    ['info', { ...info, severity: 'trace' }, /skipped: events of severity trace/],
    ['error', { ...info, severity: 'trace' }, /takes errors only/],
  ])('%s', (eventSeverity, event, verdict) => {
    expect(verdictOf({ eventSeverity }, event)).toMatch(verdict)
  })
})

describe('lists', () => {
  it.each([
    [{ inclusionList: ['finished'] }, /^matched/],
    [{ inclusionList: ['nothing', 'next run'] }, /^matched/],
    [{ inclusionList: ['nothing'] }, /no pattern of inclusionList/],
    [{ inclusionList: ['('] }, /no pattern of inclusionList/],
    [{ exclusionList: ['nothing'] }, /^matched/],
    [{ exclusionList: ['('] }, /^matched/],
    [{ exclusionList: ['(', 'finished'] }, /excluded by exclusionList\[1\] \/finished\//],
    [{ inclusionList: ['finished'], exclusionList: ['run'] }, /excluded by/],
    [{ exclusionList: ['(?i)FINISHED'] }, /excluded by/],
    [{ exclusionList: ['^finished'] }, /^matched/],
    [{ exclusionList: ['(?=lookahead)'] }, /^matched/],
  ])('%j', (spec, verdict) => {
    expect(verdictOf(spec)).toMatch(verdict)
  })

  it('test a 39,000 character message against a catastrophic pattern in linear time', () => {
    const event = { ...info, message: `${'a'.repeat(38_999)}!` }
    expect(verdictOf({ exclusionList: ['^(a+)+$', '(a|aa)+$'] }, event)).toBe('matched')
  })
})

describe('references', () => {
  const crossing = { eventSources: [{ kind: 'Kustomization', name: '*', namespace: 'apps' }] }
  const other = { ...info, involvedObject: { ...info.involvedObject, namespace: 'apps' } }

  it('cross namespaces unless the option forbids it', () => {
    expect(verdictOf(crossing, other)).toBe('matched')
    expect(verdictOf(crossing, other, { noCrossNamespaceRefs: true })).toMatch(
      /^skipped: .*no-cross-namespace-refs/,
    )
    expect(verdictOf({}, info, { noCrossNamespaceRefs: true })).toBe('matched')
  })

  it('to a missing Provider may be mended; to a suspended one skip; an unknown type is final', () => {
    const kindsOf = (...manifests: readonly KubernetesObject[]) =>
      matching([...manifests, alert('one', 'a')], info).candidates.map(({ kind }) => kind)
    expect(kindsOf()).toEqual(['missing'])
    expect(
      kindsOf(provider('a', { type: 'generic', address: 'https://a', suspend: true })),
    ).toEqual(['skipped'])
    expect(kindsOf(provider('a', { type: 'carrier-pigeon' }))).toEqual(['unknown-type'])
  })

  it('find a Provider in the namespace of the Alert only', () => {
    const elsewhere = { ...hook, metadata: { name: 'a', namespace: 'apps' } }
    const { candidates } = matching([elsewhere, alert('one', 'a')], info)
    expect(candidates[0]?.kind).toBe('missing')
  })
})

describe('which events reach which type', () => {
  const group = 'kustomize.toolkit.fluxcd.io'
  const marked = { [`${group}/commit_status`]: 'update' }
  const git = { [`${group}/revision`]: `main@sha1:${HASH}` }
  const committed = { 'event.toolkit.fluxcd.io/commit': HASH }
  const with_ = (metadata: Record<string, string>, reason = 'Other', severity = 'info'): Event => ({
    ...info,
    metadata,
    reason,
    severity,
  })
  const reaches = (type: string, event: Event) =>
    matching([provider('a', { type }), alert('one', 'a')], event).candidates[0]?.kind === 'matched'

  it.each([
    ['an unmarked info event', with_({}), [false, true, true]],
    ['an info event marked for commits', with_(marked), [true, true, false]],
    ['a blank mark', with_({ [`${group}/commit_status`]: '' }), [false, true, true]],
    ['an info event with a commit', with_(committed), [true, true, true]],
    ['a blank commit', with_({ 'event.toolkit.fluxcd.io/commit': '' }), [false, true, true]],
    ['a success of an older Flux', with_(git, 'ReconciliationSucceeded'), [true, true, true]],
    ['one of no commit', with_({}, 'ReconciliationSucceeded'), [false, true, true]],
    ['another success', with_(git, 'UpgradeSucceeded'), [false, true, true]],
    ['an error', with_({}, 'Failed', 'error'), [true, true, true]],
    ['a marked error', with_(marked, 'Failed', 'error'), [true, true, false]],
    ['progress', with_(marked, 'Progressing'), [false, true, false]],
    ['trace', with_(marked, 'Other', 'trace'), [false, false, false]],
  ])('%s', (_, event, expected) => {
    const types = ['github', 'gitlab', 'bitbucket', 'azuredevops'].map((t) => reaches(t, event))
    expect(new Set(types).size).toBe(1)
    expect([types[0], reaches('generic', event), reaches('slack', event)]).toEqual(expected)
    expect(reaches('generic-hmac', event)).toBe(expected[1])
  })

  it('is not opened by the metadata of an Alert', () => {
    const opened = alert('one', 'a', { eventMetadata: committed })
    const { candidates } = matching([provider('a', { type: 'github' }), opened], with_({}))
    expect(candidates[0]?.kind).toBe('skipped')
  })
})

it('matching is total, whatever the event and the patterns', () => {
  const patterns = fc.array(fc.string({ maxLength: 20 }), { maxLength: 3 })
  fc.assert(
    fc.property(patterns, patterns, fc.string(), (inclusionList, exclusionList, message) => {
      expect(verdictOf({ inclusionList, exclusionList }, { ...info, message })).toMatch(/./)
    }),
  )
})
