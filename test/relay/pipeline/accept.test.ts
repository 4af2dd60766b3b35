import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accept, type Sender } from '../../../relay/pipeline/accept.ts'
import { createOrderTimes } from '../../../relay/pipeline/order.ts'
import { fixtureJson } from '../../support/notifications.ts'

const NOW = Date.parse('2026-11-20T12:00:00Z')
const sender: Sender = { cluster: 'local', isNotificationController: false }
const object = { kind: 'Kustomization', namespace: 'apps', name: 'web' }
const flux = { ...object, apiVersion: 'kustomize.toolkit.fluxcd.io/v1' }

const acceptOne = (value: unknown, from: Sender = sender, now = NOW) => {
  const { events, rejected } = accept([{ value }], from, now, createOrderTimes())
  return events[0]?.event ?? rejected[0]?.error
}
const idOf = (value: unknown, cluster = 'local') =>
  accept([{ value }], { ...sender, cluster }, NOW, createOrderTimes()).events[0]?.id

describe('accept', () => {
  it('needs no more than the involved object', () => {
    expect(acceptOne({ involvedObject: object })).toEqual({
      involvedObject: { ...object, uid: '', apiVersion: '', resourceVersion: '', fieldPath: '' },
      severity: 'info',
      timestamp: '2026-11-20T12:00:00.000Z',
      message: '',
      reason: '',
      metadata: {},
      reportingController: '',
      reportingInstance: '',
    })
  })

  it('takes null for what may be absent', () => {
    const nulls = { severity: null, timestamp: null, message: null, metadata: null, reason: null }
    expect(acceptOne({ involvedObject: object, ...nulls })).toMatchObject({ severity: 'info' })
  })

  it.each([
    [null, /expected object/],
    [7, /expected object/],
    ['text', /expected object/],
    [[], /expected object/],
    [{}, /involvedObject: is missing, expected object/],
    [
      { involvedObject: { ...object, name: undefined } },
      /involvedObject\.name: is missing, expected string/,
    ],
    [{ involvedObject: { ...object, name: '' } }, /involvedObject\.name/],
    [{ involvedObject: { ...object, kind: 7 } }, /involvedObject\.kind: expected string/],
    [{ involvedObject: { ...object, namespace: null } }, /involvedObject\.namespace/],
    [{ involvedObject: { ...object, namespace: '' } }, /involvedObject\.namespace/],
    [{ involvedObject: { ...object, namespace: 7 } }, /involvedObject\.namespace/],
    [{ involvedObject: { ...object, name: 'x'.repeat(254) } }, /involvedObject\.name/],
    [{ involvedObject: object, severity: 3 }, /severity: expected string/],
    [{ involvedObject: object, message: {} }, /message: expected string/],
    [{ involvedObject: object, timestamp: 'yesterday' }, /timestamp: expected an RFC 3339 time/],
    [{ involvedObject: object, timestamp: '2026-13-40T00:00:00Z' }, /timestamp/],
    [{ involvedObject: object, metadata: { a: 1 } }, /metadata\.a: expected string/],
    [{ involvedObject: object, metadata: [] }, /metadata: expected object/],
    [{ event: 1 }, /event: expected object/],
    [{ event: { involvedObject: object }, objectLabels: { a: 1 } }, /objectLabels\.a/],
  ])('rejects %j', (value, error) => {
    expect(acceptOne(value)).toMatch(error)
  })

  it('rejects an item alone', () => {
    const batch = accept(
      [{ value: { involvedObject: object } }, { error: 'line 2 is no JSON' }, { value: 1 }],
      sender,
      NOW,
      createOrderTimes(),
    )
    expect(batch.events).toHaveLength(1)
    expect(batch.rejected.map(({ index }) => index)).toEqual([1, 2])
  })

  it('keeps only the metadata of the event and of the object group, without checksums', () => {
    const metadata = {
      'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:1',
      'kustomize.toolkit.fluxcd.io/checksum': 'x',
      'kustomize.toolkit.fluxcd.io/Digest': 'x',
      'kustomize.toolkit.fluxcd.io/sub/digest': 'of something else',
      'event.toolkit.fluxcd.io/env': 'prod',
      'event.toolkit.fluxcd.io/checksum': "the author's own",
      'helm.toolkit.fluxcd.io/revision': '1',
      revision: 'bare',
    }
    expect(Object(acceptOne({ involvedObject: flux, metadata })).metadata).toEqual({
      'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:1',
      'kustomize.toolkit.fluxcd.io/sub/digest': 'of something else',
      'event.toolkit.fluxcd.io/env': 'prod',
      'event.toolkit.fluxcd.io/checksum': "the author's own",
    })
  })

  it('restores the prefixes that a notification-controller stripped', () => {
    const metadata = {
      commit: 'c',
      change_request: '42',
      revision: 'main@sha1:1',
      'event.toolkit.fluxcd.io/env': 'prod',
    }
    const from = { ...sender, isNotificationController: true }
    expect(Object(acceptOne({ involvedObject: flux, metadata }, from)).metadata).toEqual({
      'event.toolkit.fluxcd.io/commit': 'c',
      'event.toolkit.fluxcd.io/change_request': '42',
      'event.toolkit.fluxcd.io/env': 'prod',
      'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:1',
    })
  })

  it('cuts a long message at a character border', () => {
    const long = `${'x'.repeat(38_999)}😀y`
    const event = Object(acceptOne({ involvedObject: object, message: long }))
    expect(event.message).toBe('x'.repeat(38_999))
  })

  it('makes lone surrogates well-formed', () => {
    const event = Object(acceptOne({ involvedObject: object, message: 'a\ud800b' }))
    expect(event.message).toBe('a\ufffdb')
  })

  it('normalises the time to UTC', () => {
    const timestamp = '2026-11-20T14:00:00+02:00'
    expect(acceptOne({ involvedObject: object, timestamp })).toMatchObject({
      timestamp: '2026-11-20T12:00:00.000Z',
    })
  })

  it('refuses what is older than the sender may send', () => {
    const from = { ...sender, maxAgeMs: 7 * 86_400_000 }
    const at = (timestamp: string) => acceptOne({ involvedObject: object, timestamp }, from)
    expect(at('2026-11-13T11:59:59Z')).toBe('timestamp: older than 7 days')
    expect(at('2026-11-13T12:00:01Z')).toMatchObject({ severity: 'info' })
    expect(acceptOne({ involvedObject: object }, from)).toMatch(/^timestamp: expected one/)
  })

  it('names an event by cluster and content', () => {
    const event = fixtureJson('kustomization-finished')
    expect(idOf(event)).toMatch(/^[0-9a-f]{64}$/)
    expect(idOf({ ...event, unknown: 1 })).toBe(idOf(event))
    expect(idOf({ event, objectLabels: { team: 'web' } })).toBe(idOf(event))
    expect(idOf(event, 'prod')).not.toBe(idOf(event))
    expect(idOf({ ...event, message: 'other' })).not.toBe(idOf(event))
    expect(idOf({ ...event, timestamp: '2021-04-21T10:00:03Z' })).not.toBe(idOf(event))
  })

  it('gives an event one name whatever the order of its metadata', () => {
    const metadata = {
      'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:1',
      'event.toolkit.fluxcd.io/env': 'prod',
      'kustomize.toolkit.fluxcd.io/originRevision': 'main@sha1:0',
    }
    const [name, ...others] = [
      Object.entries(metadata),
      Object.entries(metadata).reverse(),
      Object.entries(metadata).sort(),
    ].map((entries) => idOf({ involvedObject: flux, metadata: Object.fromEntries(entries) }))
    expect(name).toMatch(/^[0-9a-f]{64}$/)
    expect(others).toEqual([name, name])
  })

  it('is total: any JSON is accepted or rejected with a text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.boolean(), (value, isNotificationController) => {
        const batch = accept(
          [{ value }],
          { ...sender, isNotificationController },
          NOW,
          createOrderTimes(),
        )
        expect(batch.events.length + batch.rejected.length).toBe(1)
      }),
    )
  })
})
