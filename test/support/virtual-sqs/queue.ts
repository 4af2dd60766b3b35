import { createHash, randomUUID } from 'node:crypto'
import type { Clock } from '../../../relay/ports/clock.ts'

/** How a queue is made. */
export interface QueueShape {
  readonly isFifo?: boolean
  /** Where a message goes that would be received more often than `maxReceiveCount`. */
  readonly deadLetters?: { readonly queue: VirtualQueue; readonly maxReceiveCount: number }
}

/** What a sender gives, by the names of SQS's API. */
export interface SentMessage {
  readonly MessageBody: string
  readonly MessageAttributes?: Readonly<Record<string, { DataType: string; StringValue?: string }>>
  readonly MessageGroupId?: string
  readonly MessageDeduplicationId?: string
  readonly DelaySeconds?: number
}

/** A message in a queue. Times are milliseconds since the epoch. */
export interface StoredMessage extends SentMessage {
  readonly id: string
  readonly sequence: string
  readonly md5: string
  /** `X-Amzn-Trace-Id` of the request that sent it. */
  readonly traceHeader: string | undefined
  readonly sentAt: number
  receiveCount: number
  visibleAt: number
  /** Of the last receive; undefined before the first. */
  receipt: string | undefined
}

const DEDUPLICATED_FOR_MS = 5 * 60_000

/**
 * A queue of SQS by a clock of the test: delays, visibility, receive counts and dead letters; of a FIFO
 * queue also that a group waits while one of its messages is in flight, and that a batch may hold
 * several messages of one group, which the emulator of the other tests never hands out.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
 */
export class VirtualQueue {
  readonly name: string
  readonly shape: QueueShape
  readonly #clock: Pick<Clock, 'now'>
  readonly #taken = new Map<string, number>()
  #messages: StoredMessage[] = []
  #sent = 0

  constructor(name: string, clock: Pick<Clock, 'now'>, shape: QueueShape = {}) {
    this.name = name
    this.shape = shape
    this.#clock = clock
  }

  get messages(): readonly StoredMessage[] {
    return this.#messages
  }

  send(message: SentMessage, traceHeader?: string): { readonly id: string; readonly md5: string } {
    const now = this.#clock.now()
    const md5 = createHash('md5').update(message.MessageBody).digest('hex')
    const id = randomUUID()
    const { MessageDeduplicationId: once, MessageGroupId: group } = message
    const key = `${group} ${once}`
    if (once !== undefined && now - (this.#taken.get(key) ?? 0) < DEDUPLICATED_FOR_MS) {
      return { id, md5 }
    }
    if (once !== undefined) this.#taken.set(key, now)
    this.#sent += 1
    this.#messages.push({
      ...message,
      ...{ id, md5, traceHeader, sentAt: now, receiveCount: 0, receipt: undefined },
      sequence: String(this.#sent).padStart(20, '0'),
      visibleAt: now + (message.DelaySeconds ?? 0) * 1_000,
    })
    return { id, md5 }
  }

  receive(max: number, visibilitySeconds: number): readonly StoredMessage[] {
    const now = this.#clock.now()
    this.#moveDeadLetters(now)
    const received: StoredMessage[] = []
    const blocked = new Set(this.#groupsInFlight(now))
    for (const message of this.#messages) {
      if (received.length === max) break
      const group = this.shape.isFifo === true ? message.MessageGroupId : undefined
      if (group !== undefined && blocked.has(group)) continue
      if (message.visibleAt > now) {
        if (group !== undefined) blocked.add(group)
        continue
      }
      received.push(message)
    }
    for (const message of received) {
      message.receiveCount += 1
      message.receipt = randomUUID()
      message.visibleAt = now + visibilitySeconds * 1_000
    }
    return received
  }

  delete(receipt: string): void {
    this.#messages = this.#messages.filter((message) => message.receipt !== receipt)
  }

  /** Loses all that it has. */
  purge(): void {
    this.#messages = []
  }

  /** False for a receipt of a message that is not in flight any more. */
  changeVisibility(receipt: string, seconds: number): boolean {
    const now = this.#clock.now()
    const message = this.#messages.find((found) => found.receipt === receipt)
    if (message === undefined || message.visibleAt <= now) return false
    message.visibleAt = now + seconds * 1_000
    return true
  }

  /** When the next message can be received; undefined when there is none. */
  nextVisibleAt(): number | undefined {
    const groups = Map.groupBy(this.#messages, ({ id, MessageGroupId }) =>
      this.shape.isFifo === true ? (MessageGroupId ?? id) : id,
    )
    const times = [...groups.values()].map(([first, ...behind]) => {
      const inFlight = behind.filter(({ receipt }) => receipt !== undefined)
      return Math.max(first?.visibleAt ?? 0, ...inFlight.map(({ visibleAt }) => visibleAt))
    })
    return times.length === 0 ? undefined : Math.min(...times)
  }

  #groupsInFlight(now: number): readonly string[] {
    return this.#messages.flatMap(({ receipt, visibleAt, MessageGroupId }) =>
      receipt !== undefined && visibleAt > now && MessageGroupId !== undefined
        ? [MessageGroupId]
        : [],
    )
  }

  #moveDeadLetters(now: number): void {
    const { deadLetters } = this.shape
    if (!deadLetters) return
    const { queue, maxReceiveCount } = deadLetters
    const isDead = ({ visibleAt, receiveCount }: StoredMessage) =>
      visibleAt <= now && receiveCount >= maxReceiveCount
    for (const message of this.#messages.filter(isDead)) queue.send(message)
    this.#messages = this.#messages.filter((message) => !isDead(message))
  }
}
