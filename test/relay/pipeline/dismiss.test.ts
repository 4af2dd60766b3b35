import { expect, it } from 'vitest'
import { outcomeOf } from '../../../relay/model/delivery.ts'
import { dismiss } from '../../../relay/pipeline/dismiss.ts'
import { requestReplay } from '../../../relay/pipeline/replay.ts'
import { deliveryRecord, eventRecord } from '../../support/delivery-records.ts'
import { START } from '../../support/manual-clock.ts'
import { memoryPorts } from '../../support/memory-ports.ts'

const dead = deliveryRecord({ outcome: 'dead', reason: 'HTTP 404' })

function setup(record = dead) {
  const ports = memoryPorts()
  ports.ledger.put(record)
  ports.clock.advance(1_000)
  const stored = async () => (await ports.ledger.readMany([record.id]))[0]?.value
  const listed = async (outcome: 'dead' | 'dismissed') =>
    (await ports.ledger.list({ outcome }, 10)).records.map(({ id }) => id)
  return { ports, stored, listed }
}

it('puts a dead delivery away, and tells who did it, when and why', async () => {
  const { ports, stored, listed } = setup()
  const told = { by: 'ann', comment: 'the channel is gone' }
  const result = await dismiss(ports, dead.id, told)
  const at = START + 1_000
  expect(await stored()).toEqual({
    ...dead,
    status: { ...dead.status, dismissal: { at, ...told } },
    updatedAt: at,
  })
  expect(result).toEqual({ kind: 'dismissed', record: await stored() })
  expect([await listed('dead'), await listed('dismissed')]).toEqual([[], [dead.id]])
  expect(ports.queue.retries).toEqual([])
})

it('lets the first dismissal stand', async () => {
  const { ports, stored } = setup()
  await dismiss(ports, dead.id, { by: 'ann' })
  const first = await stored()
  ports.clock.advance(1_000)
  expect(await dismiss(ports, dead.id, { by: 'bob', comment: 'again' })).toEqual({
    kind: 'dismissed',
    record: first,
  })
  expect(await stored()).toEqual(first)
})

it('counts until the next try only, which a replay brings about', async () => {
  const { ports, stored } = setup()
  await dismiss(ports, dead.id, { comment: 'the channel is gone' })
  expect(await requestReplay(ports, dead.id)).toMatchObject({ kind: 'queued' })
  const replayed = await stored()
  expect(replayed?.status).toEqual({
    ...{ kind: 'waiting', why: 'replay', dueAt: START + 1_000, reason: 'replay requested' },
  })
})

it.each([
  ['delivered', deliveryRecord()],
  ['retry', deliveryRecord({ outcome: 'retry' })],
  ['skipped', eventRecord()],
])('refuses what is %s', async (outcome, record) => {
  const ports = memoryPorts()
  ports.ledger.put(record)
  expect(await dismiss(ports, record.id, {})).toEqual({
    kind: 'refused',
    reason: `only a dead delivery can be dismissed, and the outcome of this one is ${outcome}`,
  })
  const [stored] = await ports.ledger.readMany([record.id])
  expect(stored).toEqual({ value: record, version: 1 })
})

it('knows when there is no such delivery', async () => {
  const { ports } = setup()
  expect(await dismiss(ports, 'other', {})).toEqual({ kind: 'not-found' })
})

it('judges anew what was replayed while it was being dismissed', async () => {
  const { ports, stored } = setup()
  const write = ports.ledger.writeMany.bind(ports.ledger)
  ports.ledger.writeMany = async (writes) => {
    ports.ledger.writeMany = write
    await requestReplay(ports, dead.id)
    return write(writes)
  }
  const result = await dismiss(ports, dead.id, {})
  expect(result).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/is retry$/) })
  const record = await stored()
  expect(record && outcomeOf(record)).toBe('retry')
})
