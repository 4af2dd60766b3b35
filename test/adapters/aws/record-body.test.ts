import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ledgerItem, recordOf } from '../../../adapters/aws/ledger-item.ts'
import { unpackBody } from '../../../adapters/aws/record-body.ts'
import { RECORD_DICTIONARY_1 } from '../../../adapters/aws/record-dictionary.ts'
import { versionedAttributes } from '../../../adapters/aws/versioned-item.ts'
import { itemBytes } from '../../../bench/cost/dynamodb-units.ts'
import { sampleEvent } from '../../../bench/cost/event.ts'
import { hashParts } from '../../../relay/model/hash.ts'
import { deliveryRecord, event } from '../../support/delivery-records.ts'
import { START } from '../../support/manual-clock.ts'

const LONG = event('podinfo', 'Deployment/team/podinfo configured\n'.repeat(60))

function wireBytes(item: ReturnType<typeof ledgerItem>): number {
  const json = Object.entries(item).map(([name, value]) => {
    const [[type = '', content] = []] = Object.entries(value)
    return [name, { [type]: type === 'B' ? Buffer.from(content).toString('base64') : content }]
  })
  return itemBytes(Object.fromEntries(json))
}

describe('a compact record', () => {
  it('of an event of 1.2 kB takes one unit of writing', () => {
    const sizes = Array.from({ length: 100 }, (_, number) => {
      const uid = hashParts(String(number)).slice(0, 36)
      const record = deliveryRecord({
        id: hashParts('delivery', String(number)),
        eventId: hashParts('event', String(number)),
        cluster: 'production-eu-1',
        event: { ...event(), ...sampleEvent(number) },
        alert: { namespace: 'flux-system', name: 'on-call', uid },
        provider: { namespace: 'flux-system', name: 'payments', uid, type: 'slack' },
      })
      const { item } = versionedAttributes('absent', START, START)
      return wireBytes({ ...ledgerItem(record, true), ...item })
    })
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_024)
  })

  it.each([
    ['delivered', {}],
    ['suppressed', { repeats: 3, notes: ['a note'] }],
    ['skipped', { attempts: [], acceptedAt: START + 0.5 }],
    ['delivered', { event: event('é', '\u{1F680}'.repeat(9_000)) }],
  ] as const)('that is %s is read as it was written', (outcome, changes) => {
    const record = deliveryRecord({ event: LONG, outcome, ...changes })
    expect(recordOf(ledgerItem(record, true))).toEqual({ kind: 'read', value: record })
  })

  it.each(['retry', 'dead', 'dismissed'] as const)(
    'is not made of what is %s: an earlier version goes on with it',
    (outcome) => {
      const record = deliveryRecord({ event: LONG, outcome })
      expect(ledgerItem(record, true)).toEqual(ledgerItem(record, false))
    },
  )

  it('is not made where the deployment wants none', () => {
    const { body } = ledgerItem(deliveryRecord({ event: LONG }), false)
    const json = gunzipSync(Buffer.from(body?.B ?? [])).toString()
    expect(JSON.parse(json)).toMatchObject({ id: 'delivery-1', outcome: 'delivered' })
  })

  it('of a later form is refused softly, and a damaged one is known', () => {
    const item = ledgerItem(deliveryRecord({ event: LONG }), true)
    const bytes = Buffer.from(item.body?.B ?? [])
    expect(recordOf({ ...item, body: { B: Uint8Array.of(2, ...bytes.subarray(1)) } })).toEqual({
      kind: 'later',
      version: 2,
    })
    const cut = { kind: 'damaged', cause: 'its body cannot be unpacked' }
    expect(unpackBody(bytes.subarray(0, 40))).toEqual(cut)
    expect(unpackBody(gzipSync('{}').subarray(0, 12))).toEqual(cut)
    expect(unpackBody(new Uint8Array())).toEqual(cut)
    expect(recordOf({ ...item, outcome: { S: 'lost' } })).toMatchObject({ kind: 'damaged' })
  })

  it('is made by a dictionary that never changes', () => {
    const digest = createHash('sha256').update(RECORD_DICTIONARY_1).digest('hex')
    expect(digest).toBe('c7fe4dc48541d3bc21ffda48cd3d0c69c55756ca89d3af9634e158c48179a084')
  })
})
