import { acceptedEvent } from './delivery-records.ts'
import { ManualClock } from './manual-clock.ts'
import { answer } from './relay-harness.ts'
import { virtualRelay } from './virtual-relay.ts'

/**
 * One event to a destination that is dead, until nothing is left to wait for: by hops of 15 minutes, as before there
 * was an index of what is due, and as retries of that time still go on.
 */
export async function runChain(recursiveLoop: 'Allow' | 'Terminate') {
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
