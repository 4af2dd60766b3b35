import { describe, expect, it } from 'vitest'
import {
  dismissDelivery,
  listDeliveries,
  replayDelivery,
  showDelivery,
} from '../../../relay/api/deliveries.ts'
import { DamagedRecord, LaterVersion } from '../../../relay/model/stored/errors.ts'
import { memoryPorts } from '../../support/memory-ports.ts'

const CASES = [
  [
    new DamagedRecord('delivery record', 'd: it is not JSON'),
    'a stored delivery record cannot be read: d: it is not JSON. Restore the store from a backup, or send the event again; the list shows what is known of it.',
  ],
  [
    new LaterVersion('delivery record', 'd: it is of version 99'),
    'a stored delivery record is of a later version: d: it is of version 99. Run that version of flux-relay, or a later one, and try again.',
  ],
] as const

it.each(CASES)(
  'a replay and a dismissal of a delivery whose record is unreadable say why, and what to do: %s',
  async (error, detail) => {
    const ports = memoryPorts()
    ports.ledger.failure = error
    const [replayed, dismissed] = [
      await replayDelivery(ports, 'd'),
      await dismissDelivery(ports, 'd', { body: new Uint8Array() }),
    ]
    expect([replayed.status, dismissed.status]).toEqual([409, 409])
    for (const { body } of [replayed, dismissed]) {
      expect(JSON.parse(String(body))).toMatchObject({ detail })
    }
  },
)

describe('a delivery whose record is unreadable', () => {
  const about = { id: 'd', cluster: 'local', object: 'Kustomization/apps/web', acceptedAt: 0 }
  const why = 'this record cannot be read: it is not JSON'
  const listed = { kind: 'unreadable', ...about, outcome: 'dead', reason: why } as const
  const row = {
    ...about,
    ...{ outcome: 'dead', reason: why, unreadable: true, attempt: 0, tries: 0 },
    acceptedAt: '1970-01-01T00:00:00.000Z',
  }

  it('is shown as the list shows it', async () => {
    const { ledger } = memoryPorts()
    ledger.show = async () => listed
    const shown = await showDelivery({ ledger }, 'd')
    expect(shown.status).toBe(200)
    expect(JSON.parse(String(shown.body))).toEqual(row)
  })

  it.each([
    ['', [row]],
    ['text=CANNOT%20BE%20READ', [row]],
    ['text=nothing%20of%20this', []],
    ['reason=HealthCheckFailed', []],
    ['severity=error', []],
  ])(
    'is a row of the list %j, unless that asks for what is not known of it',
    async (query, rows) => {
      const ports = memoryPorts()
      ports.ledger.list = async () => ({ records: [listed] })
      const { body } = await listDeliveries(ports, new URLSearchParams(query))
      expect(JSON.parse(String(body))).toEqual({ deliveries: rows })
    },
  )
})

it('a ledger that fails is no record that is unreadable', async () => {
  const ports = memoryPorts()
  ports.ledger.failure = new Error('throttled')
  await expect(showDelivery(ports, 'd')).rejects.toThrow('throttled')
  await expect(replayDelivery(ports, 'd')).rejects.toThrow('throttled')
})
