import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../relay/model/json-value.ts'
import type { AcceptedEvent, QueuedEvent, RetryMessage } from '../../relay/model/queue-messages.ts'
import { queuedEventCodec } from '../../relay/model/stored/queued-event.ts'
import { retryMessageCodec } from '../../relay/model/stored/retry-message.ts'
import { eventOrder } from '../../relay/pipeline/order.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { Queue, SendResult } from '../../relay/ports/queue.ts'
import { allGoldenBodies } from '../fixtures/stored/golden-bodies.ts'
import { acceptedEvent, event } from '../support/delivery-records.ts'

/** How messages come out of a queue again. Leases last long enough for a test. */
export interface ReceivingQueue {
  /** Leases what is available, at most `max`; no second event of a group that has one leased. */
  receiveEvents(max: number): Promise<readonly QueuedEvent[]>
  acknowledge(event: QueuedEvent): Promise<void>
  /** Puts the event back to the head of its group. `notBefore`: milliseconds since the epoch. */
  release(event: QueuedEvent, notBefore: number): Promise<void>
  receiveRetries(max: number): Promise<readonly RetryMessage[]>
  acknowledgeRetry(message: RetryMessage): Promise<void>
  releaseRetry(message: RetryMessage, notBefore: number): Promise<void>
}

export interface QueueUnderTest {
  readonly queue: Queue
  readonly receiver: ReceivingQueue
  readonly clock: Clock
  /** Queues an event in this form, past the queue, and gives the receiving side that finds it. */
  leaveEvent(event: AcceptedEvent, body: JsonObject): Promise<ReceivingQueue>
  /** The same of a retry; absent where the ledger's records are the retries. */
  leaveRetry?(body: JsonObject): Promise<void>
  /** Stores the records that are about to wait: on some hosts they are the retries. */
  record(messages: readonly RetryMessage[]): Promise<void>
  /** Lets time pass for the queue: moves a clock, or waits. */
  pass(ms: number): Promise<void>
  close(): Promise<void>
}

export interface QueueContractOptions {
  /** Says which events are duplicates; SQS drops them and says nothing. */
  readonly tellsDuplicates?: boolean
  /** Holds the messages themselves, and so two of one delivery. */
  readonly holdsMessages?: boolean
}

/** What the core expects of a Queue, and the hosts of its receiving side. */
export function queueContract(
  name: string,
  open: () => Promise<QueueUnderTest>,
  { tellsDuplicates = true, holdsMessages = true }: QueueContractOptions = {},
): void {
  const duplicate = tellsDuplicates ? 'duplicate' : 'queued'

  describe(`${name} as Queue`, () => {
    let under: QueueUnderTest
    beforeEach(async () => {
      under = await open()
    })
    afterEach(() => under.close())

    sendingEvents(() => under)
    dropsDuplicates(() => under, duplicate)
    receivingEvents(() => under)
    retries(() => under)
    earlierEvents(() => under)
    if (holdsMessages) earlierRetries(() => under)
    if (holdsMessages) severalAttempts(() => under)
  })
}

function sendingEvents(under: () => QueueUnderTest): void {
  it('hands out what was sent, whole', async () => {
    const { queue, receiver } = under()
    const objectLabels = { team: 'web', emoji: '\u{1F680}' }
    const sent = acceptedEvent({ objectLabels, orderTime: 1_795_166_042_000 })
    expect(await queue.send([sent])).toEqual(['queued'])
    const [received] = await receiver.receiveEvents(10)
    const { isNew: _, ...rest } = received ?? {}
    expect(rest).toEqual({ ...sent, sequence: received?.sequence })
    expect(received?.sequence).toMatch(/^\d+$/)
  })

  it('keeps an event without object labels without them', async () => {
    const { queue, receiver } = under()
    await queue.send([acceptedEvent({ objectLabels: undefined })])
    const [received] = await receiver.receiveEvents(10)
    expect(received?.objectLabels).toBeUndefined()
  })

  it('takes an empty list', async () => {
    expect(await under().queue.send([])).toEqual([])
    expect(await under().queue.sendRetries([])).toBeUndefined()
  })
}

function dropsDuplicates(under: () => QueueUnderTest, duplicate: SendResult): void {
  it('queues an id once, within a call and across calls', async () => {
    const { queue, receiver, pass } = under()
    const [a, b, c] = [inGroup('a', 1), inGroup('b', 1), inGroup('c', 1)]
    expect(await queue.send([a, b, a])).toEqual(['queued', 'queued', duplicate])
    await pass(1_000)
    expect(await queue.send([b, c])).toEqual([duplicate, 'queued'])
    const received = await receiver.receiveEvents(10)
    expect(received.map(({ id }) => id).sort()).toEqual([a.id, b.id, c.id].sort())
  })

  it('knows the id of an event that was acknowledged', async () => {
    const { queue, receiver } = under()
    await queue.send([inGroup('a', 1)])
    for (const received of await receiver.receiveEvents(1)) await receiver.acknowledge(received)
    expect(await queue.send([inGroup('a', 1)])).toEqual([duplicate])
    expect(await receiver.receiveEvents(1)).toEqual([])
  })
}

function receivingEvents(under: () => QueueUnderTest): void {
  it('keeps the order of a group, one event at a time, with ascending sequences', async () => {
    const { queue, receiver } = under()
    const sent = [1, 2, 3].map((number) => inGroup('a', number))
    await queue.send(sent)
    const received: QueuedEvent[] = []
    for (;;) {
      const [next, ...more] = await receiver.receiveEvents(1)
      if (!next) break
      expect(more).toEqual([])
      expect(await receiver.receiveEvents(1)).toEqual([])
      await receiver.acknowledge(next)
      received.push(next)
    }
    expect(received.map(({ id }) => id)).toEqual(sent.map(({ id }) => id))
    const sequences = received.map(({ sequence }) => BigInt(sequence))
    expect(sequences).toEqual([...sequences].sort((a, b) => (a < b ? -1 : 1)))
  })

  it('numbers the events of calls in their order, whatever their groups', async () => {
    const { queue, receiver } = under()
    const sent = [inGroup('a', 1), inGroup('a', 2), inGroup('b', 1), inGroup('a', 3)]
    await queue.send(sent.slice(0, 3))
    await queue.send(sent.slice(3))
    const received: QueuedEvent[] = []
    for (;;) {
      const events = await receiver.receiveEvents(10)
      if (events.length === 0) break
      received.push(...events)
      for (const one of events) await receiver.acknowledge(one)
    }
    // Events of several objects may be about one subject, and of one time: then the later one counts.
    const ordered = received.toSorted((a, b) => (eventOrder(a) < eventOrder(b) ? -1 : 1))
    expect(ordered.map(({ id }) => id)).toEqual(sent.map(({ id }) => id))
  })

  it('hands out other groups while one is busy', async () => {
    const { queue, receiver } = under()
    await queue.send([inGroup('a', 1), inGroup('a', 2)])
    expect(await receiver.receiveEvents(1)).toHaveLength(1)
    await queue.send([inGroup('b', 1)])
    const received = await receiver.receiveEvents(10)
    expect(received.map(({ id }) => id)).toEqual([inGroup('b', 1).id])
  })

  it('hands a released event out again, first of its group and not before its time', async () => {
    const { queue, receiver, clock, pass } = under()
    await queue.send([inGroup('a', 1), inGroup('a', 2)])
    const [first] = await receiver.receiveEvents(1)
    if (!first) throw new Error('nothing was received')
    await receiver.release(first, clock.now() + 2_000)
    expect(await receiver.receiveEvents(1)).toEqual([])
    await pass(3_000)
    // It is not new any more.
    const { isNew: _, ...again } = first
    expect(await receiver.receiveEvents(1)).toEqual([again])
  })
}

function retries(under: () => QueueUnderTest): void {
  it('hands out a retry when it is due', async () => {
    const { queue, receiver, clock, pass, record } = under()
    const now = clock.now()
    const due = { deliveryId: 'due', attempt: 2, dueAt: now - 1 }
    const later = { deliveryId: 'later', attempt: 3, dueAt: now + 2_000 }
    await record([later, due])
    await queue.sendRetries([later, due])
    expect(await receiver.receiveRetries(10)).toMatchObject([due])
    await pass(3_000)
    expect(await receiver.receiveRetries(10)).toMatchObject([later])
  })

  it('hands an acknowledged retry out no more', async () => {
    const { queue, receiver, clock, pass, record } = under()
    const sent = { deliveryId: 'd', attempt: 2, dueAt: clock.now() }
    await record([sent])
    await queue.sendRetries([sent])
    for (const message of await receiver.receiveRetries(10))
      await receiver.acknowledgeRetry(message)
    await pass(2_000)
    expect(await receiver.receiveRetries(10)).toEqual([])
  })

  it('hands a released retry out again, not before its time', async () => {
    const { queue, receiver, clock, pass, record } = under()
    const sent = { deliveryId: 'd', attempt: 2, dueAt: clock.now() }
    await record([sent])
    await queue.sendRetries([sent])
    const [message] = await receiver.receiveRetries(10)
    if (!message) throw new Error('nothing was received')
    await receiver.releaseRetry(message, clock.now() + 2_000)
    expect(await receiver.receiveRetries(10)).toEqual([])
    await pass(3_000)
    expect(await receiver.receiveRetries(10)).toMatchObject([sent])
  })

  it('takes the same retry twice without losing it', async () => {
    const { queue, receiver, clock, record } = under()
    const message = { deliveryId: 'd', attempt: 2, dueAt: clock.now() }
    await record([message])
    await queue.sendRetries([message, message])
    await queue.sendRetries([message])
    expect(await receiver.receiveRetries(10)).toContainEqual(expect.objectContaining(message))
  })
}

function earlierEvents(under: () => QueueUnderTest): void {
  it('hands out an event that 591c4aa or a version since queued, whole', async () => {
    for (const { version, body, value } of allGoldenBodies(queuedEventCodec)) {
      const receiver = await under().leaveEvent(value, body)
      const [received] = await receiver.receiveEvents(1)
      if (!received) throw new Error('nothing was received')
      expect(received, `version ${version}`).toEqual({ ...value, sequence: received.sequence })
      await receiver.acknowledge(received)
      expect(await receiver.receiveEvents(1)).toEqual([])
    }
  })
}

function earlierRetries(under: () => QueueUnderTest): void {
  it('hands out a retry that 591c4aa or a version since queued, whole', async () => {
    const { receiver, leaveRetry } = under()
    if (!leaveRetry) throw new Error('it holds messages, so that one can be left')
    for (const { version, body, value } of allGoldenBodies(retryMessageCodec)) {
      await leaveRetry(body)
      const [received] = await receiver.receiveRetries(1)
      if (!received) throw new Error('nothing was received')
      expect(received, `version ${version}`).toEqual(value)
      await receiver.acknowledgeRetry(received)
    }
  })
}

function severalAttempts(under: () => QueueUnderTest): void {
  it('keeps several attempts of one delivery apart', async () => {
    const { queue, receiver, clock } = under()
    const messages = [2, 3].map((attempt) => ({ deliveryId: 'd', attempt, dueAt: clock.now() }))
    await queue.sendRetries(messages)
    const received = await receiver.receiveRetries(10)
    expect([...received].sort((a, b) => a.attempt - b.attempt)).toEqual(messages)
  })
}

function inGroup(group: string, number: number): AcceptedEvent {
  return acceptedEvent({ event: event(group, `message ${number}`) })
}
