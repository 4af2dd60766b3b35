import { describe, expect, it } from 'vitest'
import { labelledKinds } from '../../../hosts/shipper/labels/labelled-kinds.ts'

function alertWith(spec: unknown) {
  return { metadata: { name: 'a', uid: '1', resourceVersion: '1' }, spec }
}

it('selects by label what any readable part of an Alert does', () => {
  const matchLabels = { team: 'a' }
  const sources = [
    { kind: 'Kustomization', name: '*', matchLabels },
    { kind: 'HelmRelease', name: '*' },
    { kind: 'GitRepository', name: '*', matchLabels: {} },
    { kind: 'Bucket', name: 5, matchLabels: { team: 5 } },
    { kind: 5, matchLabels },
    { kind: '', matchLabels },
    { kind: 'OCIRepository', matchLabels: ['team'] },
    { kind: 'HelmChart', matchLabels: null },
    'Kustomization',
    null,
  ]
  const alerts = [
    ...[undefined, null, 'x', {}, { eventSources: 'x' }, { eventSources: null }].map(alertWith),
    alertWith({ eventSources: sources }),
    alertWith({ eventSources: [{ kind: 'Kustomization', name: 'b', matchLabels }] }),
  ]
  expect(labelledKinds({ alerts, providers: [], silences: [] })).toEqual([
    'Bucket',
    'Kustomization',
  ])
})

const READING = "labels[?'team'].orValue('') == 'web'"

/** An object of a namespace, with an annotation of the relay that has this text. */
function objectIn(namespace: string, name: string, spec: unknown, rule?: string, key = 'when') {
  const annotations = rule !== undefined && { annotations: { [`flux-relay.io/${key}`]: rule } }
  return { metadata: { namespace, name, uid: '1', resourceVersion: '1', ...annotations }, spec }
}

/** An Alert of all objects of a kind, for the Provider `chat` of its namespace. */
function alertFor(kind: string, rule?: string, key?: string, namespace = 'apps') {
  const spec = { providerRef: { name: 'chat' }, eventSources: [{ kind, name: '*' }] }
  return objectIn(namespace, kind, spec, rule, key)
}

function neededBy(askers: Partial<Parameters<typeof labelledKinds>[0]>): readonly string[] {
  return labelledKinds({ alerts: [], providers: [], silences: [], ...askers })
}

describe('labels are needed of the kinds of an Alert', () => {
  it.each([
    READING,
    'labels.team == "a"',
    '!has(labels.team)',
    'team $(labels.team)',
    'a: $(labels.team)\nb: c',
  ])('whose rule reads them: %s', (rule) => {
    expect(neededBy({ alerts: [alertFor('Kustomization', rule, 'text')] })).toEqual([
      'Kustomization',
    ])
  })

  it.each(["alert.metadata.labels['a'] == 'b'", 'mylabels', 'labelsOf', ''])(
    'not where a rule reads something else: %s',
    (rule) => {
      expect(neededBy({ alerts: [alertFor('Kustomization', rule)] })).toEqual([])
    },
  )

  it('not for the annotation of somebody else', () => {
    const alert = objectIn('apps', 'a', alertFor('Kustomization').spec)
    const metadata = { ...alert.metadata, annotations: { 'example.com/when': READING, x: 5 } }
    expect(neededBy({ alerts: [{ ...alert, metadata }] })).toEqual([])
  })

  it('whose Provider has such a rule, in its namespace or where it says', () => {
    const alerts = [
      alertFor('Kustomization'),
      alertFor('HelmRelease', undefined, undefined, 'other'),
      alertFor('Bucket', 'platform/chat', 'provider', 'third'),
      alertFor('HelmChart', 'other/chat', 'provider', 'apps'),
      objectIn('apps', 'none', undefined),
    ]
    const providers = ['apps', 'platform'].map((it) => objectIn(it, 'chat', {}, READING, 'link'))
    expect(neededBy({ alerts, providers })).toEqual(['Bucket', 'Kustomization'])
  })

  it('in whose namespace a Silence reads them', () => {
    const alerts = [
      alertFor('Kustomization'),
      alertFor('HelmRelease', undefined, undefined, 'other'),
    ]
    const silences = [
      objectIn('apps', 'a', { match: READING }),
      objectIn('other', 'b', { match: 'true' }),
      objectIn('other', 'c', undefined),
    ]
    expect(neededBy({ alerts, silences })).toEqual(['Kustomization'])
  })
})
