import type { LeftClaim } from './database-audit.ts'
import type { LogLine } from './relay-life.ts'
import type { Arrival } from './sink.ts'

/** A decision about a Delivery that the relay logged, so it was durable. */
export interface Decision {
  readonly life: number
  readonly delivery: string
  readonly route: string
  readonly outcome: string
  readonly reason: string
  /** Milliseconds since the epoch, machine's time. */
  readonly at: number
}

/** What sinks and logs have shown so far, over all lives of the relay. */
export interface Journal {
  readonly arrivals: readonly Arrival[]
  readonly decisions: readonly Decision[]
  /** Log lines of level error that are no decision. */
  readonly errors: readonly string[]
  /** Each claim that a kill left, once, however many kills it outlived. */
  readonly claims: readonly LeftClaim[]
  left(claims: readonly LeftClaim[]): void
  /** How often a person asked for a delivery once more. */
  readonly replays: ReadonlyMap<string, number>
  replayed(delivery: string): void
  arrived(arrival: Arrival): void
  logged(life: number, line: LogLine): void
}

function isOfFullDisk({ err }: LogLine): boolean {
  return typeof err === 'object' && err !== null && 'problem' in err && err.problem === 'full'
}

/** `mayBeFull`: the disk is full now and then, and the relay says so. */
export function createJournal(mayBeFull = false): Journal {
  const arrivals: Arrival[] = []
  const decisions: Decision[] = []
  const errors: string[] = []
  const claims: LeftClaim[] = []
  const replays = new Map<string, number>()
  return {
    claims,
    replays,
    replayed: (delivery) => void replays.set(delivery, (replays.get(delivery) ?? 0) + 1),
    left(found) {
      const isNew = (claim: LeftClaim) =>
        !claims.some(
          ({ deliveryId, until }) => deliveryId === claim.deliveryId && until === claim.until,
        )
      claims.push(...found.filter(isNew))
    },
    arrivals,
    decisions,
    errors,
    arrived: (arrival) => void arrivals.push(arrival),
    logged(life, line) {
      if (typeof line.delivery === 'string') decisions.push(decisionOf(life, line))
      const isError = line.level === 'error' && line.outcome !== 'dead'
      if (isError && !(mayBeFull && isOfFullDisk(line))) errors.push(JSON.stringify(line))
    },
  }
}

function decisionOf(life: number, line: LogLine): Decision {
  const [, route = ''] = String(line.alert ?? '').split('/')
  return {
    life,
    delivery: String(line.delivery),
    route,
    outcome: String(line.outcome),
    reason: String(line.reason),
    at: Date.parse(String(line.time)),
  }
}

/** Reasons of decisions that follow no answer and no silence of a sink: nothing had been sent. */
const UNSENT =
  /^(parked:|no place:|another delivery |superseded |unchanged:|delivered at |connect:|tls:|timeout: no connection)/

export function wasSent({ reason }: Decision): boolean {
  return !UNSENT.test(reason)
}

/** Whether the relay cannot know what the sink made of the request. */
export function isUncertain(decision: Decision): boolean {
  return decision.outcome === 'retry' && /^(HTTP 5|reset:|timeout:)/.test(decision.reason)
}
