import type { Clock } from '../../relay/ports/clock.ts'

/** What a line of the log tells beside its text. */
export type LineFields = Readonly<Record<string, unknown>>

/** Writes a line of the log, a warning or not. */
export type WriteLine = (level: 'info' | 'warn', fields: LineFields, message: string) => void

/** Tells of something that happened, `times` times, by a line of the log. */
export type SparseLog = (
  level: 'info' | 'warn',
  fields: LineFields & { readonly cause: string; readonly cluster?: string | undefined },
  message: string,
  times?: number,
) => void

/** So often at most a line of one cause and cluster is logged: who sends wrongly sends again and again. */
const LOG_INTERVAL_MS = 60_000

/** Most causes and clusters that are told apart; there are some twenty causes, and clusters are known ones. */
const MAX_KEYS = 1_000

/** A log with one line a minute of each text, cause and cluster. `moreSinceLast` of the next one counts the others. */
export function createSparseLog(write: WriteLine, clock: Pick<Clock, 'elapsed'>): SparseLog {
  const known = new Map<string, { loggedAt: number; unlogged: number }>()
  return (level, fields, message, times = 1) => {
    const key = JSON.stringify([message, fields.cause, fields.cluster])
    const last = known.get(key)
    const now = clock.elapsed()
    if (last !== undefined && now - last.loggedAt < LOG_INTERVAL_MS) {
      last.unlogged += times
      return
    }
    const more = last?.unlogged ?? 0
    if (known.size >= MAX_KEYS) known.clear()
    known.set(key, { loggedAt: now, unlogged: 0 })
    write(level, { ...fields, ...(more > 0 && { moreSinceLast: more }) }, message)
  }
}
