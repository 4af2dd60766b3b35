import { expect, it } from 'vitest'
import { claimSubject } from '../../../relay/pipeline/subject.ts'
import { memoryPorts } from '../../support/memory-ports.ts'

it('lets one of a hundred deliveries of an event claim their subject, and the others wait', async () => {
  const ports = memoryPorts()
  const claims = Array.from({ length: 100 }, (_, index) =>
    claimSubject(ports, {
      cluster: 'prod',
      subject: { key: 'repository#commit#context', shows: 'success' },
      deliveryId: `delivery-${index}`,
      order: '1',
      reason: 'ReconciliationSucceeded',
      timeoutMs: 15_000,
    }),
  )
  const kinds = (await Promise.all(claims)).map(({ kind }) => kind)
  expect(kinds.filter((kind) => kind === 'claimed')).toHaveLength(1)
  expect(kinds.filter((kind) => kind === 'busy')).toHaveLength(99)
})
