import { expect, it } from 'vitest'
import { outcomeOf } from '../../relay/model/delivery.ts'
import { acceptedEvent } from '../support/delivery-records.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { answer } from '../support/relay-harness.ts'
import { virtualRelay } from '../support/virtual-relay.ts'

const DAY_MS = 24 * 3_600_000

/**
 * One event to a destination that is dead, until nothing is left to wait for: by hops of 15 minutes, as before there
 * was an index of what is due, and as retries of that time still go on.
 */
async function runChain(recursiveLoop: 'Allow' | 'Terminate') {
  const clock = new ManualClock()
  const relay = await virtualRelay({ clock, recursiveLoop, send: async () => answer(503) })
  await relay.send(acceptedEvent({ acceptedAt: clock.now() }))
  await relay.drain()
  const [record] = (await relay.ports.ledger.list({}, 1)).records
  for (let at = relay.nextVisibleAt(); at !== undefined; at = relay.nextVisibleAt()) {
    clock.set(Math.max(at, clock.now()))
    await relay.drain()
  }
  const [stored] = await relay.ports.ledger.readMany([record?.id ?? ''])
  return { relay, clock, record: stored?.value }
}

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
