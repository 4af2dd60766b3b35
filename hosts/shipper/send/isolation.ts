import type { SpooledEvent } from '../spool/spooled-events.ts'
import type { Retry, Suspicion } from './verdict.ts'

/** So many failures in a row, some minutes, before an event is looked for that may cause them. */
const ISOLATE_AFTER = 8

/**
 * So often in a row others are taken, while one event fails before and after each. With five, where
 * four requests of five fail by chance, one suspect in 270,000 has the misfortune.
 */
const STRIKES: Readonly<Record<Suspicion, number>> = { strong: 3, weak: 5 }

/**
 * Finds the one event on whose content something before the relay fails each time, such as a
 * firewall that dislikes its text. Batches that fail get smaller; once a single event fails, later
 * ones are probed alone. Only if they are taken, again and again, is it the event and no outage.
 */
export class Isolation {
  /** In a row, that may be of content. */
  #failures = 0
  /** The last event of the batch that is searched. */
  #until = 0
  /** A single event that failed, and how; how often since the last strike, and its strikes. */
  #suspect = 0
  #charge = ''
  #suspicion: Suspicion = 'strong'
  #tries = 0
  #strikes = 0
  /** The event that was last probed in vain. */
  #probed = 0

  /** To go on after, when an event is chosen as probe. */
  get lastProbed(): number {
    return this.#probed
  }

  /** Takes note that the relay has no verdict on the oldest events; whether to send fewer of them. */
  failed(batch: readonly SpooledEvent[], failure: Retry): boolean {
    const { suspicion } = failure
    if (!suspicion) {
      this.#giveUp()
      return false
    }
    const [first, last] = [batch[0]?.sequence ?? 0, batch.at(-1)?.sequence ?? 0]
    this.#failures += 1
    if (this.#failures >= ISOLATE_AFTER) this.#until = Math.max(this.#until, last)
    if (first > this.#until) return false
    if (batch.length === 1) this.#suspectFailed(first, failure, suspicion)
    return true
  }

  /** Takes note that the oldest events have left the spool. */
  settled(): void {
    this.#failures = 0
    this.#acquit()
  }

  /**
   * Whether another event should be sent in the place of this batch. The tries before that get more
   * with each strike: else a relay that answers well every third time could keep step with them.
   */
  isProbeDue(batch: readonly SpooledEvent[]): boolean {
    const isSuspect = batch.length === 1 && batch[0]?.sequence === this.#suspect
    return isSuspect && this.#tries >= this.#strikes + 2
  }

  /** Takes note that the relay has a verdict on a probe. Why the suspect is to be set aside, if it is. */
  probeSettled(): string | undefined {
    this.#strikes += 1
    this.#tries = 0
    return this.#strikes >= STRIKES[this.#suspicion] ? this.#charge : undefined
  }

  /** Takes note that a probe fared no better, which looks like an outage. */
  probeFailed(probe: SpooledEvent, failure: Retry): void {
    this.#probed = probe.sequence
    if (failure.suspicion) this.#acquit()
    else this.#giveUp()
  }

  #suspectFailed(sequence: number, { reason, detail }: Retry, suspicion: Suspicion): void {
    if (sequence !== this.#suspect) this.#acquit()
    this.#suspect = sequence
    this.#charge = `fails with ${reason} again and again while other events are taken: ${detail}`
    if (suspicion === 'weak') this.#suspicion = 'weak'
    this.#tries += 1
  }

  #acquit(): void {
    this.#suspicion = 'strong'
    this.#tries = 0
    this.#strikes = 0
  }

  #giveUp(): void {
    this.#failures = 0
    this.#until = 0
    this.#acquit()
  }
}
