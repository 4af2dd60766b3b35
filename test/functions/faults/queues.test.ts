import { describe, expect, it } from 'vitest'
import {
  type EntryFault,
  type Fault,
  firstOf,
  INTERNAL_ERROR,
  injectFaults,
  LOST,
  SDK_TRIES,
  UNAVAILABLE,
} from '../../support/aws-faults.ts'
import { awsRelay } from '../../support/aws-relay.ts'
import {
  collectEvents,
  dispatch,
  drain,
  openFaultyRelay,
  outcomes,
  post,
  pump,
  readLedger,
  received,
  startContainer,
  stepEvent,
  TAKEN,
  UNABLE,
} from '../../support/faulty-relay.ts'
import { gate } from '../../support/recording-sink.ts'
import { waitFor } from '../../support/wait-for.ts'

const { open } = awsRelay()
const MINUTE_MS = 60_000

const FAILURES: readonly Fault[] = [INTERNAL_ERROR, UNAVAILABLE, LOST]

/** Two events of each of two objects. */
const BATCH = [stepEvent('one', 1), stepEvent('two', 1), stepEvent('one', 2), stepEvent('two', 2)]

const MESSAGES = ['one step 1', 'one step 2', 'two step 1', 'two step 2']

/** Fails entries whose body holds a text, a number of times. */
function failing(text: string, fault: EntryFault, times: number) {
  let left = times
  return (body: string) => {
    if (left === 0 || !body.includes(text)) return undefined
    left -= 1
    return fault
  }
}

describe('ingest, while SQS fails', () => {
  it.each(FAILURES)('is mended by the SDK: %o', async (fault) => {
    const faulty = await openFaultyRelay(open)
    const draw = firstOf('SendMessageBatch', SDK_TRIES - 1, fault)
    const { count } = injectFaults(faulty.relay.clients, draw)
    expect(await post(faulty.container, BATCH)).toBe(202)
    expect(count()).toBe(SDK_TRIES - 1)
    expect(messagesOf(await collectEvents(faulty.poller))).toEqual(MESSAGES)
  })

  it.each(FAILURES)('answers 503, and takes the same batch later: %o', async (fault) => {
    const faulty = await openFaultyRelay(open)
    const { relay, container, sink } = faulty
    // Of the two waves of a batch the first is queued.
    let requests = 0
    const { end } = injectFaults(relay.clients, ({ operation }) => {
      if (operation !== 'SendMessageBatch') return undefined
      requests += 1
      return requests > 1 ? fault : undefined
    })
    for (let time = 0; time < 3; time += 1) expect(await post(container, BATCH)).toBe(503)
    expect(requests).toBeGreaterThan(SDK_TRIES)
    end()
    expect(await post(container, BATCH)).toBe(202)
    await drain(faulty, container)
    expect(await readLedger(relay)).toHaveLength(2 * BATCH.length)
    expect(received(sink).filter((shown) => shown.startsWith('hooks'))).toHaveLength(BATCH.length)
  })

  it.each(['SenderFault', 'ServiceFault'] as const)(
    'answers 503 when SQS fails an entry for good (%s), and queues none twice',
    async (fault) => {
      const faulty = await openFaultyRelay(
        open,
        () => TAKEN,
        failing('one step 2', fault, SDK_TRIES),
      )
      const { container, poller } = faulty
      expect(await post(container, BATCH)).toBe(503)
      // One with a fault of the sender's is not sent again by itself.
      if (fault === 'SenderFault') {
        for (let time = 1; time < SDK_TRIES; time += 1) await post(container, BATCH)
      }
      expect(await post(container, BATCH)).toBe(202)
      expect(messagesOf(await collectEvents(poller))).toEqual(MESSAGES)
    },
  )

  it('sends again what SQS failed once, and answers 202', async () => {
    const fail = failing('one step', 'ServiceFault', 1)
    const { container, poller } = await openFaultyRelay(open, () => TAKEN, fail)
    expect(await post(container, BATCH)).toBe(202)
    expect(messagesOf(await collectEvents(poller))).toEqual(MESSAGES)
  })
})

/** Of each group in order. */
function messagesOf(records: readonly { readonly body: string }[]): readonly string[] {
  const messages = records.map(({ body }) => {
    const { event } = JSON.parse(body) as { readonly event: { readonly message: string } }
    return event.message
  })
  return messages.toSorted((a, b) => (a.slice(0, 3) < b.slice(0, 3) ? -1 : 0))
}

describe('a retry that cannot be queued', () => {
  it.each([...FAILURES, 'SenderFault', 'ServiceFault'] as const)(
    'comes from its message again: %o',
    async (fault) => {
      let isAble = false
      let isFailing = true
      const failEntry = (body: string) =>
        isFailing && typeof fault === 'string' && body.includes('deliveryId') ? fault : undefined
      const faulty = await openFaultyRelay(open, () => (isAble ? TAKEN : UNABLE), failEntry)
      const { relay, sink, poller, container } = faulty
      await post(container, [stepEvent('app', 1)])
      const { end } = injectFaults(relay.clients, ({ operation }) =>
        operation === 'SendMessageBatch' && typeof fault !== 'string' ? fault : undefined,
      )
      for (let time = 0; time < 3; time += 1) {
        expect((await pump(poller, container, 'events')).failed).toHaveLength(1)
        expect(await outcomes(relay)).toEqual(['hooks: retry', 'statuses: retry'])
      }
      expect(sink.requests).toHaveLength(2)
      end()
      isFailing = false
      isAble = true
      relay.time.offsetMs = MINUTE_MS
      await drain(faulty, container)
      expect(await outcomes(relay)).toEqual(['hooks: delivered', 'statuses: delivered'])
      expect(sink.requests).toHaveLength(4)
    },
  )

  it('is queued by another invocation that tried the same at the same time', async () => {
    const gates = [gate(), gate()]
    let isAble = false
    const faulty = await openFaultyRelay(open, async () => {
      if (isAble) return TAKEN
      await gates[faulty.sink.requests.length <= 2 ? 0 : 1]?.opened
      return UNABLE
    })
    const { relay, sink, poller, container } = faulty
    await post(container, [stepEvent('app', 1)])
    const records = await collectEvents(poller)
    const first = dispatch(container, records)
    await waitFor(() => expect(sink.requests.length).toBe(2))
    const second = dispatch(startContainer(relay), records)
    await waitFor(() => expect(sink.requests.length).toBe(4))

    const { end } = injectFaults(relay.clients, ({ operation }) =>
      operation === 'SendMessageBatch' ? UNAVAILABLE : undefined,
    )
    gates[0]?.open()
    expect(await first).toHaveLength(1)
    expect(await outcomes(relay)).toEqual(['hooks: retry', 'statuses: retry'])
    end()
    gates[1]?.open()
    // Now the message is deleted: both had the same one.
    expect(await second).toEqual([])
    isAble = true
    await drain(faulty, container)
    expect(await outcomes(relay)).toEqual(['hooks: delivered', 'statuses: delivered'])
  })
})
