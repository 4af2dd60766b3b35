import { describe, expect, it } from 'vitest'
import { metadataNotes } from '../../../relay/pipeline/metadata-notes.ts'

const notesOf = (metadata: unknown) =>
  metadataNotes({ kind: 'Alert', metadata }).map(({ field, message }) => `${field}: ${message}`)

describe('the notes on metadata', () => {
  it('name a field that there is not, such as annotation', () => {
    const written = { name: 'x', annotation: { a: 'b' }, 'flux-relay.io/after': '10m' }
    expect(notesOf(written)).toEqual([
      'metadata.annotation: is ignored, there is no such field',
      'metadata.flux-relay.io/after: is ignored, there is no such field',
    ])
  })

  it.each(['fluxrelay.io', 'flux-relay.com', 'flux-relais.io', 'Flux-relay.io'])(
    'say which annotation was meant by one of %s',
    (prefix) => {
      expect(notesOf({ name: 'x', annotations: { [`${prefix}/after`]: '10m' } })).toEqual([
        `metadata.annotations.${prefix}/after: is ignored; did you mean flux-relay.io/after?`,
      ])
    },
  )

  it('say that a rule is no label', () => {
    const labels = { 'flux-relay.io/after': '10m', 'flux-relay.io/team': 'a', after: '10m' }
    expect(notesOf({ name: 'x', labels })).toEqual([
      'metadata.labels.flux-relay.io/after: is ignored, a rule is an annotation and no label',
    ])
  })

  it('are none on what Kubernetes, Flux and others write', () => {
    const metadata = {
      ...{ name: 'x', namespace: 'y', uid: 'u', resourceVersion: '1', generation: 1 },
      ...{ creationTimestamp: null, managedFields: [], ownerReferences: [], finalizers: [] },
      labels: { 'kustomize.toolkit.fluxcd.io/name': 'a' },
      annotations: {
        'flux-relay.io/after': '10m',
        'event.toolkit.fluxcd.io/team': 'a',
        'kubectl.kubernetes.io/last-applied-configuration': '{}',
        plain: 'a',
      },
    }
    expect(notesOf(metadata)).toEqual([])
    expect(notesOf(undefined)).toEqual([])
    expect(notesOf({ annotations: null })).toEqual([])
  })
})
