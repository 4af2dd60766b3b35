import { hashParts } from '../../model/hash.ts'
import type { Notification, TryPorts } from '../contract.ts'

/**
 * For whom an earlier try of the same mail has been done with, while the server lets others wait. A mail
 * that says something else, such as one of a group that grew, is another one.
 */
export class ServedRecipients {
  readonly #memory: TryPorts['memory'] | undefined
  readonly #key: string
  #isEmpty = true

  constructor(
    { deliveryId, event }: Notification,
    recipients: readonly string[],
    tryPorts: Pick<TryPorts, 'memory'>,
  ) {
    // One alone is served or waits.
    this.#memory = recipients.length > 1 ? tryPorts.memory : undefined
    this.#key = hashParts('email', deliveryId, event.message)
  }

  /** The recipients that are done with, or none. Rejects when the memory fails. */
  async read(): Promise<readonly string[]> {
    const text = (await this.#memory?.read(this.#key)) ?? ''
    this.#isEmpty = text === ''
    return this.#isEmpty ? [] : text.split(',')
  }

  /** Keeps them for the next try; none ends it. Rejects when the memory fails. */
  async write(served: readonly string[]): Promise<void> {
    if (this.#isEmpty && served.length === 0) return
    await this.#memory?.write(this.#key, served.join())
  }
}
