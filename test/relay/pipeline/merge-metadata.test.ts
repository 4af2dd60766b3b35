import { describe, expect, it } from 'vitest'
import { Alert } from '../../../relay/model/alert.ts'
import type { Event } from '../../../relay/model/event.ts'
import { mergeMetadata } from '../../../relay/pipeline/merge-metadata.ts'
import { fixtureEvent } from '../../support/notifications.ts'
import { alert } from '../../support/relay-harness.ts'

const GROUP = 'kustomize.toolkit.fluxcd.io'
const event = (metadata: Record<string, string>): Event => ({
  ...fixtureEvent('kustomization-applied'),
  metadata,
})
const merge = (metadata: Record<string, string>, spec: Record<string, unknown> = {}) => {
  const parsed = Alert.parse(alert('one', 'a', spec))
  return mergeMetadata(event(metadata), {
    ...parsed,
    metadata: { name: 'one', namespace: 'flux-system', uid: 'u' },
    annotations: {},
    manifest: {},
  })
}

describe('mergeMetadata', () => {
  it('strips prefixes and lets the controller win over the Alert over the event', () => {
    const metadata = {
      'event.toolkit.fluxcd.io/a': 'event',
      'event.toolkit.fluxcd.io/b': 'event',
      'event.toolkit.fluxcd.io/c': 'event',
      [`${GROUP}/c`]: 'controller',
      [`${GROUP}/summary`]: 'controller',
    }
    const eventMetadata = { b: 'alert', c: 'alert', d: 'alert', summary: 'alert' }
    expect(merge(metadata, { eventMetadata, summary: 'deprecated' })).toEqual({
      metadata: { a: 'event', b: 'alert', c: 'controller', d: 'alert', summary: 'controller' },
      conflicts: [
        'metadata b is set by the event and spec.eventMetadata; the last one won',
        `metadata c is set by the event and spec.eventMetadata and the controller (${GROUP}); the last one won`,
        `metadata summary is set by spec.eventMetadata and spec.summary and the controller (${GROUP}); the last one won`,
      ],
      authored: new Set(['b', 'd']),
    })
  })

  it('lets summary win over eventMetadata.summary', () => {
    const spec = { eventMetadata: { summary: 'one' }, summary: 'two' }
    expect(merge({}, spec)).toMatchObject({
      metadata: { summary: 'two' },
      authored: new Set(['summary']),
    })
  })

  it('keeps what there was when nothing results', () => {
    expect(merge({})).toEqual({ metadata: {}, conflicts: [], authored: new Set() })
  })

  it('takes a key named __proto__ for a key', () => {
    const { metadata } = merge({ 'event.toolkit.fluxcd.io/__proto__': 'x' })
    expect(Object.entries(metadata)).toEqual([['__proto__', 'x']])
  })
})
