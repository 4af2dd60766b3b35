import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  IncomingEvent,
  IncomingItem,
  MAX_MESSAGE_LENGTH,
  PostedEvent,
} from '../../../relay/model/event.ts'
import { readPlainEvent, readPlainItem } from '../../../relay/model/plain-event.ts'
import { MAX_NAME_LENGTH } from '../../../relay/model/text.ts'

const LIMITS = { message: MAX_MESSAGE_LENGTH, name: MAX_NAME_LENGTH }

const PLAIN = {
  involvedObject: {
    kind: 'Kustomization',
    namespace: 'flux-system',
    name: 'podinfo',
    uid: '5a9f1f5c',
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    resourceVersion: '4242',
  },
  severity: 'info',
  timestamp: '2026-11-20T09:14:03Z',
  message: 'Applied revision: main@sha1:3a2b1c0d',
  reason: 'ReconciliationSucceeded',
  metadata: { 'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:3a2b1c0d' },
  reportingController: 'kustomize-controller',
  reportingInstance: 'kustomize-controller-7d9f8b6c5-x2x4z',
}

const TIMES = [
  ...['2026-11-20T09:14:03.123456789Z', '2026-02-30T09:14:03Z', '2026-02-20T24:00:00Z'],
  ...['2026-11-20T09:14:60Z', '2026-11-20T09:14:03+01:00', '2026-11-20t09:14:03z'],
  ...['2026-11-20T09:14:03,5Z', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', 'now', ''],
]

const FIELDS = Object.keys(PLAIN)
const OBJECT_FIELDS = [...Object.keys(PLAIN.involvedObject), 'fieldPath']

/** What a field may hold that no controller writes, and what some do. */
const anyValue = fc.oneof(
  fc.constantFrom(undefined, null, '', 0, true, [], {}, ['a'], { a: 1 }, { a: 'b' }, { a: null }),
  fc.constantFrom('text', 'é', 'lone \ud800', 'x'.repeat(253), 'x'.repeat(254)),
  fc.constantFrom(...TIMES),
  fc.constantFrom({ '\udc00': 'x' }, JSON.parse('{"__proto__":"x"}') as unknown),
)

const anyEvent = fc
  .record({
    fields: fc.dictionary(fc.constantFrom(...FIELDS, 'Message', 'extra', 'event'), anyValue, {
      maxKeys: 2,
    }),
    object: fc.dictionary(fc.constantFrom(...OBJECT_FIELDS, 'Name', 'extra'), anyValue, {
      maxKeys: 2,
    }),
  })
  .map(({ fields, object }) => ({
    ...PLAIN,
    involvedObject: { ...PLAIN.involvedObject, ...object },
    ...fields,
  }))
  // As it comes out of a request.
  .map((value): unknown => JSON.parse(JSON.stringify(value)))

describe('an event as controllers write it', () => {
  it('is read without the schema', () => {
    expect(readPlainEvent(PLAIN, LIMITS)).toEqual({
      ...PLAIN,
      involvedObject: { ...PLAIN.involvedObject, fieldPath: '' },
      timestamp: '2026-11-20T09:14:03.000Z',
    })
    const objectLabels = { team: 'a' }
    expect(readPlainItem({ event: PLAIN, objectLabels }, LIMITS)).toMatchObject({ objectLabels })
  })

  it.each([
    ['a field in other letters', { ...PLAIN, Reason: 'x' }],
    ['no namespace', { ...PLAIN, involvedObject: { kind: 'Node', name: 'a' } }],
    [
      'a name too long',
      { ...PLAIN, involvedObject: { ...PLAIN.involvedObject, name: 'x'.repeat(254) } },
    ],
    ['half a surrogate pair', { ...PLAIN, message: 'a\ud83d' }],
    ['null', { ...PLAIN, metadata: null }],
    ['a number', { ...PLAIN, metadata: { a: 1 } }],
    ['a message too long', { ...PLAIN, message: 'x'.repeat(MAX_MESSAGE_LENGTH + 1) }],
    ['a day that there is not', { ...PLAIN, timestamp: '2026-02-30T09:14:03Z' }],
  ])('is left to the schema with %s', (_, event) => {
    expect(readPlainEvent(event, LIMITS)).toBeUndefined()
  })

  it('is what the schema reads, or left to it', () => {
    fc.assert(
      fc.property(anyEvent, (value) => {
        const plain = readPlainEvent(value, LIMITS)
        if (!plain) return
        for (const schema of [IncomingEvent, PostedEvent]) {
          expect(schema.safeParse(value)).toMatchObject({ success: true })
          expect(schema.parse(value)).toEqual(plain)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('is in an item of a batch what the schema reads, or left to it', () => {
    const item = fc.record({ event: anyEvent, objectLabels: anyValue }, { requiredKeys: ['event'] })
    fc.assert(
      fc.property(item, (value) => {
        const plain = readPlainItem(value, LIMITS)
        if (plain) expect(IncomingItem.parse(value)).toEqual(plain)
      }),
      { numRuns: 1_000 },
    )
  })
})
