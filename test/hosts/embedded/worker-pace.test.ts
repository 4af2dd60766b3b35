import { expect, it, onTestFinished } from 'vitest'
import type { TurnGate } from '../../../hosts/embedded/turn-gate.ts'
import { createWorker } from '../../../hosts/embedded/worker.ts'
import type { QueuedEvent, RetryMessage } from '../../../relay/model/queue-messages.ts'
import { acceptedEvent } from '../../support/delivery-records.ts'
import { EMPTY_QUEUE } from '../../support/empty-queue.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { NOTHING_WOKEN } from '../../support/nothing-woken.ts'
import { waitFor } from '../../support/wait-for.ts'

it('lets an event pass the gate twice while woken deliveries are under way, and once after that', async () => {
  const events: QueuedEvent[] = []
  let passes = 0
  let tell: () => void = () => undefined
  const woken = Promise.withResolvers<void>()
  const dispatched: number[] = []
  const worker = createWorker({
    clock: new ManualClock(),
    gate: {
      begin: async () => {
        passes += 1
      },
      goOn: (work) => work(),
      heed: () => undefined,
    } satisfies TurnGate,
    queue: {
      ...EMPTY_QUEUE,
      leaseEvents: async () => events.splice(0),
      onReady: (listener) => {
        tell = () => listener('event')
      },
    },
    woken: { ...NOTHING_WOKEN, take: () => WOKEN.splice(0) },
    dispatcher: {
      dispatchEvent: async () => void dispatched.push(passes),
      dispatchRetry: () => woken.promise,
    },
    onFailure: (error) => {
      throw error
    },
    onSetAside: () => undefined,
  })
  onTestFinished(async () => {
    await worker.stop(0)
  })
  worker.start()
  const send = async (sequence: string) => {
    events.push({ ...acceptedEvent(), sequence })
    tell()
    await waitFor(() => expect(dispatched).toHaveLength(Number(sequence)))
  }
  await send('1')
  expect(dispatched).toEqual([2])
  woken.resolve()
  await new Promise((resolve) => setImmediate(resolve))
  await send('2')
  expect(dispatched).toEqual([2, 3])
})

const WOKEN: RetryMessage[] = [{ deliveryId: 'woken', attempt: 2, dueAt: 0 }]

it('takes no more woken deliveries at once than it may, also where each begins at once', async () => {
  const ended = Promise.withResolvers<void>()
  let taken = 0
  const take = (max: number) =>
    Array.from({ length: max }, () => {
      taken += 1
      return { deliveryId: `woken ${taken}`, attempt: 2, dueAt: 0 }
    })
  const worker = createWorker({
    queue: EMPTY_QUEUE,
    woken: { ...NOTHING_WOKEN, take },
    dispatcher: { dispatchEvent: () => ended.promise, dispatchRetry: () => ended.promise },
    clock: new ManualClock(),
    wokenConcurrency: 120,
    onFailure: () => undefined,
    onSetAside: () => undefined,
  })
  worker.start()
  expect(taken).toBe(120)
  await worker.stop(1)
})
