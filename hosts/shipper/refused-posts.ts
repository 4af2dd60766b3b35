import type { EdgeRequest } from '../../relay/api/http.ts'
import type { Problem } from '../../relay/api/problem.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { Log } from '../kit/log.ts'
import { createSparseLog } from '../kit/sparse-log.ts'
import type { ShipperMetrics } from './metrics.ts'

/** Tells of a post that was not taken, with its problem. */
export type RefusedPost = (
  problem: Problem,
  request: Pick<EdgeRequest, 'remoteAddress' | 'isCutOff'>,
) => void

/** What telling of posts needs. */
export interface RefusedPostParts {
  readonly metrics: Pick<ShipperMetrics, 'postRefused'>
  readonly clock: Pick<Clock, 'elapsed'>
  readonly log: Log
}

const LOST = 'a posted event was refused, and is lost: its sender does not try again'
const CUT_OFF =
  'a post was cut off before all of it had come; its event is lost unless the sender tries again'
const LATER = 'a posted event was not taken; its sender tries again, for some seconds'

/** Counts and logs posts that the shipper does not take: Flux's controllers read no answers, so nobody else would tell. */
export function createRefusedPosts({ metrics, clock, log }: RefusedPostParts): RefusedPost {
  const tell = createSparseLog((level, fields, message) => log[level](fields, message), clock)
  return ({ code: cause, detail, status }, { remoteAddress: address, isCutOff }) => {
    // Nobody was refused anything.
    if (isCutOff) return tell('warn', { cause: 'cut-off', address, detail }, CUT_OFF)
    metrics.postRefused(cause)
    // Why the spool failed is logged with its error.
    if (cause === 'not-stored') return
    tell('warn', { cause, address, detail }, status < 500 ? LOST : LATER)
  }
}
