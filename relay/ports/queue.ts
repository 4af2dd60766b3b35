import type { AcceptedEvent, RetryMessage } from '../model/delivery.ts'

/** Takes accepted events and retries; how they come out again is the host's. */
export interface Queue {
  /**
   * Durable once it resolves, in the order given. An event whose id was sent within the last five
   * minutes at least is not queued again; a queue that does not tell says `queued` of it. One that
   * is `too-large` for the queue is not queued, now or ever; the others are.
   */
  send(events: readonly AcceptedEvent[]): Promise<readonly SendResult[]>
  /** Queues each message for its `dueAt`. The same message twice is harmless. */
  sendRetries(messages: readonly RetryMessage[]): Promise<void>
  /**
   * Queues messages that most likely are queued already. A queue that cannot tell brings them later
   * than that, so that they find the work done and not under way.
   */
  resendRetries(messages: readonly RetryMessage[]): Promise<void>
}

export type SendResult = 'queued' | 'duplicate' | 'too-large'
