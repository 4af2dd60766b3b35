import type { EventOrder } from '../../model/delivery.ts'
import type { Clock } from '../../ports/clock.ts'
import type { WaitingDelivery, WaitingLines } from '../../ports/waiting-lines.ts'
import type { Treatment } from './destination-health.ts'
import { Scheduler } from './scheduler.ts'

export type { Treatment } from './destination-health.ts'

/** Where a delivery goes. */
export interface Destination {
  /**
   * The key of one Provider at one host: the rate limit of one webhook must not park another
   * webhook at the same host.
   */
  readonly key: string
  /** The host's name and port. */
  readonly host: string
  /** The delivery's id, the same for each of its tries. */
  readonly delivery: string
  /** The order of the event. The deliveries to one destination are sent in this order. */
  readonly order: EventOrder
  /** The bytes of the requests' bodies, and the most bytes of their answers. */
  readonly bytes: number
}

/** The key of a destination. */
export function destinationKey(cluster: string, providerUid: string, host: string): string {
  return `${cluster}#${providerUid}#${host}`
}

export type Admission =
  /** Send now, and call `leave` afterwards, whatever happened. */
  | { readonly kind: 'admitted'; leave(treatment: Treatment): void }
  /**
   * Do not send; come back after `waitMs`. `isFailing` tells that the destination is known to fail
   * now.
   */
  | {
      readonly kind: 'refused'
      readonly reason: string
      readonly waitMs: number
      readonly isFailing: boolean
      /**
       * Whether the destination wakes the delivery, once `wait` has reported that it waits there.
       */
      readonly isWoken: boolean
    }

/**
 * Keeps one destination, and one cluster, from taking the capacity of the others. It remembers
 * failing destinations in this process only; a restarted process finds them out again.
 */
export interface Destinations {
  /** Asks for a place. Providers at one host take turns, and each one's deliveries keep their order. */
  enter(destination: Destination): Promise<Admission>
  /**
   * Whether the destination with this key asked within the last minutes that less be sent, as far as this
   * process knows.
   */
  isLimited(key: string): boolean
  /** Reports that the record of a refused delivery now waits for the destination with this key. */
  wait(key: string, delivery: WaitingDelivery): void
  /**
   * Reports that a delivery that may wait for the destination with this key is being decided about.
   */
  withdraw(key: string, delivery: string): void
  /** Reports that the decision about a delivery was made, or failed. */
  done(delivery: string): void
  /**
   * Reports a new configuration of a cluster. Everything that waits is woken, unless it has to wait
   * again.
   */
  review(cluster: string): void
}

/** What a host tells of destinations. */
export interface ParkedDestinations {
  /** How many are parked now, by cluster; clusters with none are left out. */
  parkedCounts(): ReadonlyMap<string, number>
}

/** A destination whose deliveries failed, with no answer since. */
export interface FailingDestination {
  /** The key of the destination. */
  readonly key: string
  readonly cluster: string
  /** The UID of the Provider. */
  readonly providerUid: string
  /** The host's name and port. */
  readonly host: string
  /** How many deliveries failed since it was last answered; a hundred at most are counted. */
  readonly failures: number
  /** What it answered to the last try that failed, for people, without secrets. */
  readonly error?: string
  /**
   * When the next delivery is sent to find out whether it answers again, in milliseconds since the
   * epoch. Absent while everything is still sent.
   */
  readonly probeAt?: number
}

/** What a host tells people of destinations that fail. */
export interface FailingDestinations {
  /** Those that fail now, as far as this process has found out, in any order. */
  failing(): readonly FailingDestination[]
}

/** What the host uses to dispatch the deliveries that are woken. */
export interface Wakes {
  /**
   * Finds out what waits in the store. Call it before anything enters. Rejects when the store
   * fails.
   */
  resume(): Promise<void>
  /** Takes at most `max` deliveries that were woken. */
  take(max: number): readonly WaitingDelivery[]
  /**
   * When the next delivery that waits for a time is woken, or a little earlier. By `Clock.elapsed`.
   */
  nextWakeAt(): number | undefined
  /** Calls `listener` soon after something may be taken or `nextWakeAt` changed. */
  onReady(listener: () => void): void
  /**
   * Gives no more places, and wakes nothing more, since the process ends soon. What waits in memory goes to the
   * store; what has a place goes on.
   */
  close(): void
}

export interface DestinationOptions {
  /** The most requests of one Provider that are under way at one host. */
  readonly placesPerHost?: number
  /**
   * Reads what waits in the store. Without it nothing is woken: a refused delivery has to come back
   * by itself.
   */
  readonly waiting?: WaitingLines
}

export function createDestinations(
  clock: Clock,
  options: DestinationOptions = {},
): Destinations & Wakes & ParkedDestinations & FailingDestinations {
  return new Scheduler(clock, options)
}
