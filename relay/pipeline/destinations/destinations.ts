import type { EventOrder } from '../../model/delivery.ts'
import type { Clock } from '../../ports/clock.ts'
import type { WaitingDelivery, WaitingLines } from '../../ports/waiting-lines.ts'
import type { Treatment } from './destination-health.ts'
import { Scheduler } from './scheduler.ts'

export type { Treatment } from './destination-health.ts'

/** Where a delivery goes. */
export interface Destination {
  /** The Provider's own: one webhook's rate limit must not park another's at the same host. */
  readonly key: string
  /** Name and port. */
  readonly host: string
  /** The delivery's id, the same for each of its tries. */
  readonly delivery: string
  /** The event's, by which the deliveries to one destination leave. */
  readonly order: EventOrder
  /** Of the bodies of its requests, and of the answers at most. */
  readonly bytes: number
}

/** The key of a destination. */
export function destinationKey(cluster: string, providerUid: string, host: string): string {
  return `${cluster}#${providerUid}#${host}`
}

export type Admission =
  /** Send now, then `leave`, whatever happened. */
  | { readonly kind: 'admitted'; leave(treatment: Treatment): void }
  /** Do not send; come back after `waitMs`. `isFailing`: the destination is known to fail now. */
  | {
      readonly kind: 'refused'
      readonly reason: string
      readonly waitMs: number
      readonly isFailing: boolean
      /** Whether its destination wakes it, once `wait` has told that it waits there. */
      readonly isWoken: boolean
    }

/**
 * Keeps one destination, and one cluster, from taking capacity from the others. What it knows of destinations that fail
 * is known to this process only: after a restart that is found out anew.
 */
export interface Destinations {
  /** Asks for a place. Providers at one host take turns, and each one's deliveries keep their order. */
  enter(destination: Destination): Promise<Admission>
  /** The record of a delivery, which was refused, waits now for the destination with this key. */
  wait(key: string, delivery: WaitingDelivery): void
  /** A delivery that may wait for the destination with this key is being decided about. */
  withdraw(key: string, delivery: string): void
  /** What there was to decide about a delivery is decided, or failed. */
  done(delivery: string): void
  /** Another configuration of a cluster came: what waits is woken, as far as it does not wait again. */
  review(cluster: string): void
}

/** The side of the host that dispatches what is woken. */
export interface Wakes {
  /** Finds out what waits in the store; before anything enters. Rejects when the store fails. */
  resume(): Promise<void>
  /** Takes at most `max` deliveries that are woken. */
  take(max: number): readonly WaitingDelivery[]
  /** When the next one is woken that waits for a time, or a little earlier, by `Clock.elapsed`. */
  nextWakeAt(): number | undefined
  /** Calls `listener` soon after something may be taken or `nextWakeAt` changed. */
  onReady(listener: () => void): void
}

export interface DestinationOptions {
  /** How many requests of one Provider are under way at one host, at most. */
  readonly placesPerHost?: number
  /** What waits in the store. Without it nobody wakes: who is refused has to come back. */
  readonly waiting?: WaitingLines
}

export function createDestinations(
  clock: Clock,
  options: DestinationOptions = {},
): Destinations & Wakes {
  return new Scheduler(clock, options)
}
