import { hashParts } from '../../model/hash.ts'
import type { Notification, TryPorts } from '../contract.ts'

/** What earlier tries of a mail came to. */
export interface Served {
  /** The recipients that are done with. */
  readonly recipients: readonly string[]
  /** A line for each of those that the server refused for good. */
  readonly refusals: readonly string[]
}

const NOTHING: Served = { recipients: [], refusals: [] }

/**
 * For whom earlier tries of the same mail have been done with, while the server lets others wait. A mail
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

  /** What there is of earlier tries. Rejects when the memory fails. */
  async read(): Promise<Served> {
    const text = (await this.#memory?.read(this.#key)) ?? ''
    this.#isEmpty = text === ''
    if (this.#isEmpty) return NOTHING
    const [recipients = '', ...refusals] = text.split('\n')
    return { recipients: recipients.split(','), refusals }
  }

  /** Keeps it for the next try. Rejects when the memory fails. */
  async write({ recipients, refusals }: Served): Promise<void> {
    await this.#memory?.write(this.#key, [recipients.join(), ...refusals].join('\n'))
  }

  /** Forgets it, since the mail waits for nobody. Rejects when the memory fails. */
  async end(): Promise<void> {
    if (!this.#isEmpty) await this.#memory?.write(this.#key, '')
  }
}
