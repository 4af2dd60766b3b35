import type { TextExpression } from '../../cel/text-expression.ts'
import { parseDurationMs } from '../../model/duration.ts'
import { RuleError } from './rule-error.ts'

/** How the notifications of an Alert become one message. */
export interface GroupRule {
  /** Notifications for which it gives the same text are told in one message. */
  readonly by: TextExpression
  /** How long a message waits for further notifications after each one, in milliseconds. */
  readonly waitMs: number
  /** How long a message waits after the first one at most, in milliseconds. */
  readonly maxMs: number
}

/** The value of `group-wait` by which nothing is ever put together. */
const NEVER = 'never'

/** The longest time that a message waits. */
const MAX_GROUP_MS = 24 * 3_600_000

/** The shortest wait: less gathers nothing. */
const MIN_WAIT_MS = 1_000

const DEFAULT_MAX_MS = 5 * 60_000

/** The wait of the rule `group-wait`: milliseconds, or `never`. Throws `RuleError`. */
export function parseGroupWait(source: string): number | 'never' {
  return source.trim() === NEVER ? NEVER : parseGroupTime(source)
}

/** The time of the rules `group-wait` and `group-max`, in milliseconds. Throws `RuleError`. */
export function parseGroupTime(source: string): number {
  const ms = parseDurationMs(source.trim())
  if (ms === undefined || ms < MIN_WAIT_MS || ms > MAX_GROUP_MS) {
    throw new RuleError(`expected a time from 1s to 24h with its unit, such as 30s`)
  }
  return ms
}

/** The annotations of a group, as far as they were read. */
export interface GroupParts {
  readonly by?: TextExpression | undefined
  readonly wait?: number | 'never' | undefined
  readonly maxMs?: number | undefined
}

/**
 * The rule of these annotations; `never` when nothing may be put together, undefined without such
 * annotations. Throws `RuleError` for annotations that do not go together.
 */
export function groupRule({ by, wait, maxMs }: GroupParts): GroupRule | 'never' | undefined {
  if (by === undefined && wait === undefined && maxMs === undefined) return undefined
  if (wait === NEVER) {
    if (by === undefined && maxMs === undefined) return NEVER
    throw new RuleError('never goes with no group-by and no group-max')
  }
  if (by === undefined) throw new RuleError('expected group-by beside group-wait and group-max')
  if (wait === undefined) throw new RuleError('expected group-wait beside it, such as 30s')
  const most = maxMs ?? Math.max(wait, DEFAULT_MAX_MS)
  if (most < wait) throw new RuleError('expected a group-max that is not shorter than group-wait')
  return { by, waitMs: wait, maxMs: most }
}
