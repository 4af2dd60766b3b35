import { expect, it } from 'vitest'
import { dissolveMessage, makeMessage } from '../../../../relay/pipeline/groups/messages.ts'
import { deliveryRecord } from '../../../support/delivery-records.ts'
import { memoryPorts } from '../../../support/memory-ports.ts'

it('whoever has left a leader before its message was made is not told in it', async () => {
  const records = ['d0', 'd1'].map((id) => deliveryRecord({ id, toldIn: 'd0' }))
  const [record] = records
  if (record === undefined) throw new Error('there is no leader')
  const ledger = { list: () => Promise.resolve({ records }) }
  const ports = { ...memoryPorts(), ledger: ledger as never }
  await dissolveMessage(ports, record.cluster, record.id, 'absent')
  // The list does not show yet that d1 waits for another message.
  const provider = { namespace: 'flux-system', name: 'slack', uid: 'u' }
  expect(await makeMessage(ports, { record, provider }, 2)).toEqual({ members: ['d0'] })
})
