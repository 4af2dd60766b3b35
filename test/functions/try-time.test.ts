import { expect, it } from 'vitest'
import { outcomeOf } from '../../relay/model/delivery.ts'
import type { HttpClient } from '../../relay/ports/http.ts'
import { acceptedEvent } from '../support/delivery-records.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { answer } from '../support/relay-harness.ts'
import { virtualRelay } from '../support/virtual-relay.ts'

/** One event to a Provider that waits for 60 s, and a destination; runs so many calls of dispatch. */
async function runCalls(calls: number, answerTo: (clock: ManualClock) => HttpClient['send']) {
  const clock = new ManualClock()
  const relay = await virtualRelay({ clock, provider: { timeout: '60s' }, send: answerTo(clock) })
  const { ledger } = relay.ports
  await relay.send(acceptedEvent({ acceptedAt: clock.now() }))
  const next = async () => {
    clock.set(Math.max(relay.nextVisibleAt() ?? 0, clock.now()))
    await relay.drain()
  }
  while (relay.lambda.calls < calls) await next()
  const [record] = (await ledger.list({}, 1)).records
  if (!record || record.kind === 'unreadable') throw new Error('there is no record')
  return { relay, clock, ledger, next, record }
}

/** A destination that takes all the time that it is given. */
const hanging =
  (clock: ManualClock): HttpClient['send'] =>
  async (_, { timeoutMs }) => {
    clock.advance(timeoutMs)
    const detail = `no answer within ${timeoutMs} ms`
    return { kind: 'failure', cause: 'timeout', mayHaveArrived: true, detail }
  }

it('records each try that takes longer than a call has, with what bounded it', async () => {
  const { relay, record } = await runCalls(3, hanging)
  expect(record).toMatchObject({ tries: 3, attempt: 4 })
  expect(outcomeOf(record)).toBe('retry')
  expect(record.attempts.map(({ durationMs, reason }) => [durationMs, reason])).toEqual([
    [15_000, 'timeout: no answer within 15000 ms, the longest that a first try may take here'],
    ...Array.from({ length: 2 }, () => [
      50_000,
      'timeout: no answer within 50000 ms, the longest that a later try may take here',
    ]),
  ])
  expect(relay.failed()).toBe(0)
})

it('gives a try what is left of its call when the stores took their time', async () => {
  const { relay, clock, ledger, next } = await runCalls(1, hanging)
  const readMany = ledger.readMany.bind(ledger)
  ledger.readMany = async (ids) => {
    clock.advance(12_000)
    return readMany(ids)
  }
  await next()
  ledger.readMany = readMany
  const [record] = (await ledger.list({}, 1)).records
  expect(record).toMatchObject({
    tries: 2,
    attempts: [
      {},
      {
        durationMs: 43_000,
        reason: 'timeout: no answer within 43000 ms, all the time that was left of this call',
      },
    ],
  })
  expect(relay.failed()).toBe(0)
})

it('bounds a try with its second credential by the same time', async () => {
  const { record } = await runCalls(1, (clock) => {
    let requests = 0
    return async (request, options) => {
      requests += 1
      if (requests > 1) return hanging(clock)(request, options)
      clock.advance(10_000)
      return answer(401)
    }
  })
  expect(record.attempts).toMatchObject([
    {
      durationMs: 15_000,
      reason: 'timeout: no answer within 5000 ms, the longest that a first try may take here',
    },
  ])
})
