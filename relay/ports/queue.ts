import type { AcceptedEvent, RetryMessage } from '../model/queue-messages.ts'

/** The queue of accepted events and retries. How they are received is the host's own affair. */
export interface Queue {
  /**
   * Queues events in the order given. They are durable once it resolves. An event whose id was sent
   * within at least the last five minutes is not queued again; a queue that cannot tell returns
   * `queued` for it. An event that is `too-large` is never queued; the others are.
   */
  send(events: readonly AcceptedEvent[]): Promise<readonly SendResult[]>
  /** Queues each message for its `dueAt`. Queuing the same message twice is harmless. */
  sendRetries(messages: readonly RetryMessage[]): Promise<void>
  /**
   * Queues messages that are most likely queued already. A queue that cannot tell delivers them
   * later than their due time, so that they find the work done and not under way.
   */
  resendRetries(messages: readonly RetryMessage[]): Promise<void>
}

export type SendResult = 'queued' | 'duplicate' | 'too-large'
