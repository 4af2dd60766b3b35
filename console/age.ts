const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** A span of milliseconds as a person says it, in its largest unit: `5m`, `3h`, `2d`. */
export function roughly(spanMs: number): string {
  const ms = Math.max(spanMs, 0)
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)}s`
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)}m`
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)}h`
  return `${Math.floor(ms / DAY_MS)}d`
}

/** When something is that lies so many milliseconds ahead: `in 2h`, to the nearest of its unit, or `now`. */
export function roughlyAhead(spanMs: number): string {
  if (spanMs <= 0) return 'now'
  const unitMs = [DAY_MS, HOUR_MS, MINUTE_MS].find((unit) => spanMs >= unit) ?? SECOND_MS
  return `in ${roughly(Math.round(spanMs / unitMs) * unitMs)}`
}
