import { expect, it } from 'vitest'
import { dismissDelivery, replayDelivery, showDelivery } from '../../../relay/api/deliveries.ts'
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

it('a delivery whose record is unreadable is shown as the list shows it', async () => {
  const { ledger } = memoryPorts()
  const about = { id: 'd', cluster: 'local', object: 'Kustomization/apps/web', acceptedAt: 0 }
  const why = 'this record cannot be read: it is not JSON'
  ledger.show = async () => ({ kind: 'unreadable', ...about, outcome: 'dead', reason: why })
  const shown = await showDelivery({ ledger }, 'd')
  expect(shown.status).toBe(200)
  expect(JSON.parse(String(shown.body))).toEqual({
    ...about,
    ...{ outcome: 'dead', reason: why, unreadable: true, attempt: 0, tries: 0 },
    acceptedAt: '1970-01-01T00:00:00.000Z',
  })
})

it('a ledger that fails is no record that is unreadable', async () => {
  const ports = memoryPorts()
  ports.ledger.failure = new Error('throttled')
  await expect(showDelivery(ports, 'd')).rejects.toThrow('throttled')
  await expect(replayDelivery(ports, 'd')).rejects.toThrow('throttled')
})
