import type { Retry, Suspicion } from '../../../client/cluster/batch-result.ts'
import type { SpooledEvent } from '../spool/spooled-events.ts'

/**
 * After so many failures in a row, some minutes, the sender looks for an event that may cause them.
 */
const ISOLATE_AFTER = 8

/**
 * How often in a row other events must be accepted while the suspect fails before and after each of
 * them. With five strikes, when four of five requests fail by chance, one suspect in 270,000 is
 * wrongly set aside.
 */
const STRIKES: Readonly<Record<Suspicion, number>> = { strong: 3, weak: 5 }

/**
 * Finds the one event whose content makes something before the relay fail each time, such as a
 * firewall that rejects its text. Batches that fail get smaller. Once a single event fails, later
 * events are sent alone as probes. Only if they are accepted, again and again, is the event the
 * cause and not an outage.
 */
export class Isolation {
  /** Failures in a row that the content may have caused. */
  #failures = 0
  /** The last event of the batch that is searched. */
  #until = 0
  /**
   * The single event that failed, or 0. The fields below tell how it failed, how often since the
   * last strike, and its strikes.
   */
  #suspect = 0
  #charge = ''
  #suspicion: Suspicion = 'strong'
  #tries = 0
  #strikes = 0
  /** The event that was last sent as a probe and failed too. */
  #probed = 0

  /** The event after which the next probe is chosen. */
  get lastProbed(): number {
    return this.#probed
  }

  /**
   * Notes that the relay gave no verdict on the oldest events. True when fewer of them should be
   * sent.
   */
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

  /** Notes that the oldest events have left the spool. */
  settled(): void {
    this.#failures = 0
    this.#acquit()
  }

  /**
   * Whether a probe should be sent in the place of this batch. With each strike the suspect is
   * tried more often before the next probe. Otherwise a relay that answers every third request
   * could keep step with the probes.
   */
  isProbeDue(batch: readonly SpooledEvent[]): boolean {
    const isSuspect = batch.length === 1 && batch[0]?.sequence === this.#suspect
    return isSuspect && this.#tries >= this.#strikes + 2
  }

  /**
   * Notes that the relay gave a verdict on a probe. Returns why the suspect must be set aside;
   * undefined when it must not.
   */
  probeSettled(): string | undefined {
    this.#strikes += 1
    this.#tries = 0
    return this.#strikes >= STRIKES[this.#suspicion] ? this.#charge : undefined
  }

  /** Notes that a probe failed too, which indicates an outage. */
  probeFailed(probe: SpooledEvent, failure: Retry): void {
    this.#probed = probe.sequence
    if (failure.suspicion) this.#acquit()
    else this.#giveUp()
  }

  #suspectFailed(sequence: number, { reason, detail }: Retry, suspicion: Suspicion): void {
    if (sequence !== this.#suspect) this.#acquit()
    this.#suspect = sequence
    this.#charge = `fails with ${reason} again and again while other events are accepted: ${detail}`
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
