import { expect, it } from 'vitest'
import { createDeliveryMemory } from '../../../relay/pipeline/delivery-memory.ts'
import { memoryPorts } from '../../support/memory-ports.ts'

it('remembers a text as 591c4aa does, and replaces it', async () => {
  const ports = memoryPorts()
  const memory = createDeliveryMemory(ports, 'prod')
  expect(await memory.read('comment')).toBeUndefined()
  await memory.write('comment', '17')
  await memory.write('comment', '18')
  expect(await memory.read('comment')).toBe('18')
  expect(await ports.state.read('prod#memory#comment')).toEqual({ value: '18', version: 2 })
})

it.each([[{ v: 1, text: '17' }], [17], [null]])(
  'takes %j, which it did not write, for nothing remembered, and writes over it',
  async (stored) => {
    const ports = memoryPorts()
    await ports.state.write('prod#memory#comment', stored, 'absent', Number.MAX_SAFE_INTEGER)
    const memory = createDeliveryMemory(ports, 'prod')
    expect(await memory.read('comment')).toBeUndefined()
    await memory.write('comment', '18')
    expect(await memory.read('comment')).toBe('18')
  },
)
