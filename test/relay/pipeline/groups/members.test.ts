import { expect, it } from 'vitest'
import { findMembers } from '../../../../relay/pipeline/groups/members.ts'
import { deliveryRecord, event } from '../../../support/delivery-records.ts'
import { memoryPorts } from '../../../support/memory-ports.ts'

it('of the deliveries of a group nothing is kept but what its message says', async () => {
  const big = 'x'.repeat(1_000_000)
  const records = Array.from({ length: 20 }, (_, index) => {
    const content = { ...event(`n${index}`, big), severity: big, reason: big }
    const metadata = { 'event.toolkit.fluxcd.io/big': big }
    return deliveryRecord({ id: `d${index}`, toldIn: 'd0', event: { ...content, metadata } })
  })
  const [leader] = records
  if (leader === undefined) throw new Error('there is no leader')
  const ledger = Object.assign(memoryPorts().ledger, { list: () => Promise.resolve({ records }) })
  const members = await findMembers({ ...memoryPorts(), ledger }, leader, 'flux-system/slack')
  expect(members.map(({ id }) => id).toSorted()).toEqual(records.map(({ id }) => id).toSorted())
  expect(JSON.stringify(members).length).toBeLessThan(20 * 1_000)
})
