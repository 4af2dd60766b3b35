import { OPERATIONS } from '../../relay/api/operations.ts'
import type { EventCounts } from '../../relay/api/receive-events.ts'
import type { RefusedRequest } from '../../relay/api/refused-request.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import { createSparseLog, type WriteLine } from './sparse-log.ts'

/** Events that did not get in, for a host that counts them. */
export interface LeftOut {
  /** The code of the problem that the sender got, `rejected` for single events, or `duplicate`. */
  readonly cause: string
  /** Undefined unless a cluster of this name exists. */
  readonly cluster: string | undefined
  /** The IP address of the peer, where it is known. */
  readonly address?: string | undefined
  /** How many events; 1 for a request that was refused as a whole. */
  readonly events: number
}

/** Tells of events that did not get in: their senders read no answers, so nobody else would. */
export interface DoorLog {
  /** A request with events that was refused, or one for no path that there is. */
  refused(request: RefusedRequest): void
  /** What became of the events of a request that was taken. */
  received(cluster: string, counts: EventCounts): void
}

const EVENT_PATHS: ReadonlySet<string | undefined> = new Set([
  OPERATIONS.postEvents.path,
  OPERATIONS.postEvent.path,
])

const UNAUTHORIZED =
  'events refused: no token, or a wrong one; they are lost unless the sender tries again'
const CUT_OFF =
  'a request was cut off before all of it had come; its events are lost unless the sender tries again'
const UNKNOWN_PATH = 'a request was posted to an unknown path; if it had events, they are lost'
const NO_EVENTS_PATH = 'a posted request was refused; if it had events, they are lost'
const REFUSED = 'events not taken: the request is not one that the relay takes'
const REJECTED = 'events not taken: they are not valid, and sending them again does not help'
const DUPLICATE = 'events came again byte by byte within minutes, and are not queued twice'

/** `write` writes a line, a warning or not, and `count` hears of all that did not get in. */
export function createDoorLog(
  write: WriteLine,
  clock: Pick<Clock, 'elapsed'>,
  count: (leftOut: LeftOut) => void = () => undefined,
): DoorLog {
  const tell = createSparseLog(write, clock)
  return {
    refused({ problem, method, path, cluster, isCutOff, address }) {
      // Of a request that could not be read its method may be unknown.
      const isWithoutRoute = path === undefined && (method === 'POST' || method === '')
      if (!isWithoutRoute && !EVENT_PATHS.has(path)) return
      const { code: cause, detail, status } = problem
      // What failed here is logged as such, and the sender is told to come again.
      if (status >= 500) return
      if (isCutOff) return tell('warn', { cause: 'cut-off', cluster, address, path }, CUT_OFF)
      count({ cause, cluster, address, events: 1 })
      if (cause === 'unauthorized') {
        return tell('warn', { cause, cluster, address, path }, UNAUTHORIZED)
      }
      if (cause === 'unknown-path') return tell('warn', { cause, address }, UNKNOWN_PATH)
      const message = isWithoutRoute ? NO_EVENTS_PATH : REFUSED
      tell('warn', { cause, cluster, address, path, detail }, message)
    },
    received(cluster, { rejected, duplicates, firstRejection, firstDuplicate }) {
      if (rejected > 0 && firstRejection !== undefined) {
        const cause = 'rejected'
        count({ cause, cluster, events: rejected })
        tell('warn', { cause, cluster, rejected, detail: firstRejection }, REJECTED, rejected)
      }
      if (duplicates > 0) {
        const cause = 'duplicate'
        count({ cause, cluster, events: duplicates })
        tell('info', { cause, cluster, duplicates, ...firstDuplicate }, DUPLICATE, duplicates)
      }
    },
  }
}
