import { expect, it } from 'vitest'
import { selectedKinds } from '../../../hosts/shipper/labels/selected-kinds.ts'

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
  expect(selectedKinds(alerts)).toEqual(['Bucket', 'Kustomization'])
})
