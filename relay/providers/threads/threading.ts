import type { EventOrder } from '../../model/delivery.ts'
import type { CustomDelivery, Notification, TryPorts } from '../contract.ts'
import type { Verdict } from '../verdict.ts'

/** A thread that a notification belongs to. */
export interface Thread {
  /** Its name within the cluster, for people too: at most 1,024 characters in one line. */
  readonly name: string
  /** The place of the notification's event among others: what is newer has a greater one. */
  readonly order: EventOrder
}

/** How a type keeps the messages of one thread together. */
export interface Threading<S> {
  /** The reason why these settings have no threads, such as a webhook; undefined when they have. */
  lacks?(settings: S): string | undefined
  /**
   * Delivers a notification with a thread, for types that have to remember what the thread began with. Without it
   * `requests` names the thread. Throws and rejects as `CustomProvider.deliver` does.
   */
  deliver?(notification: Notification, settings: S, tryPorts: TryPorts): Promise<ThreadDelivery>
}

/** The result of a delivery into a thread. */
export interface ThreadDelivery extends Omit<CustomDelivery, 'verdict'> {
  readonly verdict: Verdict | Busy
}

/**
 * Another delivery does at the destination what this one has to wait for. It is tried again soon, and what was sent
 * so far counts as no try.
 */
export interface Busy {
  readonly kind: 'busy'
  readonly reason: string
}

/** Another delivery opens the thread, or changes its first message: this one comes after it. */
export function waitForThread(what: 'opens' | 'updates'): ThreadDelivery {
  const reason = `another message ${what} the same thread`
  return { verdict: { kind: 'busy', reason } }
}
