import { parseDurationMs } from './duration.ts'

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i

/** Milliseconds since the epoch of an RFC 3339 time; undefined when the text is not one. */
export function parseTimeMs(text: string): number | undefined {
  const time = RFC_3339.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

/** As `parseTimeMs`, and a Go duration such as `1h30m` is that long before `now`. */
export function parseTimeOrAgoMs(text: string, now: number): number | undefined {
  const agoMs = parseDurationMs(text)
  return agoMs === undefined ? parseTimeMs(text) : now - Math.round(agoMs)
}
