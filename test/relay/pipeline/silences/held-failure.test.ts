import { expect, it } from 'vitest'
import { createInTurn } from '../../../../relay/pipeline/in-turn.ts'
import { holdFailure } from '../../../../relay/pipeline/silences/held-failure.ts'
import { deliveryRecord, event } from '../../../support/delivery-records.ts'
import { memoryPorts } from '../../../support/memory-ports.ts'

it('holds failures of one object back that are dispatched at once', async () => {
  const ports = memoryPorts()
  const failures = ['no image', 'no disk', 'no rights'].map((message, number) =>
    deliveryRecord({ id: `delivery-${number}`, event: event('podinfo', message) }),
  )
  const held = failures.map((failure) => holdFailure({ ports, inTurn: createInTurn() }, failure))
  expect(await Promise.all(held)).toEqual([undefined, undefined, undefined])
})
