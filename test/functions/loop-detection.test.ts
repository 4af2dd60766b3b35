import { expect, it } from 'vitest'
import { outcomeOf } from '../../relay/model/delivery.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { runChain } from '../support/retry-chain.ts'

const DAY_MS = 24 * 3_600_000

it('Lambda ends the chain of a dead destination at its 17th call, and the record waits for ever', async () => {
  const startedAt = new ManualClock().now()
  const { relay, clock, record } = await runChain('Terminate')
  expect(relay.lambda).toMatchObject({ dropped: 1, longestLineage: 16 })
  expect(record && outcomeOf(record)).toBe('retry')
  expect(clock.now() - startedAt).toBeLessThan(4 * 3_600_000)
})

it('the chain of a dead destination ends after 24 hours where the function may feed itself', async () => {
  const startedAt = new ManualClock().now()
  const { relay, clock, record } = await runChain('Allow')
  expect(relay.lambda.dropped).toBe(0)
  expect(relay.lambda.longestLineage).toBeGreaterThan(16)
  expect(record && outcomeOf(record)).toBe('dead')
  expect(clock.now() - startedAt).toBeGreaterThan(DAY_MS - 1.2 * 3_600_000)
})
