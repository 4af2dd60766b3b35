import type { Notification } from './contract.ts'

/**
 * A short text that a type remembers for 90 days. The functions are pure, and throw, as `requests`
 * is and does.
 */
export interface NotificationMemory<S> {
  /** The name of the text within the cluster. */
  key(notification: Notification, settings: S): string
  /**
   * The text that is remembered before anything is sent, since a request may have its effect although
   * its answer is lost. Undefined when it stays as it was.
   */
  before(notification: Notification, settings: S): string | undefined
  /** The text that is remembered once all was delivered. Undefined when it stays as it was. */
  after(notification: Notification, settings: S): string | undefined
}
