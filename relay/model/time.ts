import { parseDurationMs } from './duration.ts'

/** The form of an RFC 3339 time. The fraction has any length and may follow a comma, as in Go. */
const RFC_3339 = /^(\d{4}-\d\d-(\d\d))T((\d\d):\d\d:\d\d)(?:[.,](\d{1,3})\d*)?(Z|[+-]\d\d:\d\d)$/i

/**
 * The milliseconds since the epoch of an RFC 3339 time, cut to whole milliseconds. Undefined for
 * any other text, and for a day or an hour that does not exist, which `Date` would move to the next
 * one. https://www.rfc-editor.org/rfc/rfc3339#section-5.7
 */
export function parseTimeMs(text: string): number | undefined {
  const [, date = '', day, time = '', hour, fraction = '', zone = ''] = RFC_3339.exec(text) ?? []
  const midnight = Date.parse(`${date}T00:00:00Z`)
  if (Number.isNaN(midnight) || new Date(midnight).getUTCDate() !== Number(day)) return undefined
  if (hour === '24') return undefined
  const ms = Date.parse(`${date}T${time}.${fraction.padEnd(3, '0')}${zone.toUpperCase()}`)
  return Number.isNaN(ms) ? undefined : ms
}

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/

/** The index at which the fraction of a second begins. */
const SECONDS_END = '2026-11-20T09:14:03'.length

/**
 * The time with milliseconds, `2026-11-20T09:14:03.000Z`, of an RFC 3339 time in UTC as Go prints
 * it. Undefined for any other form, which `parseTimeMs` may still read.
 */
export function isoTimeOf(text: string): string | undefined {
  if (!UTC.test(text)) return undefined
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) return undefined
  const time = new Date(ms).toISOString()
  // Of a day or an hour that there is not, `Date` makes another one.
  return time.slice(0, SECONDS_END) === text.slice(0, SECONDS_END) ? time : undefined
}

/**
 * Reads a time as `parseTimeMs` does, and a Go duration such as `1h30m` as the time that long
 * before `now`.
 */
export function parseTimeOrAgoMs(text: string, now: number): number | undefined {
  const agoMs = parseDurationMs(text)
  return agoMs === undefined ? parseTimeMs(text) : now - Math.round(agoMs)
}
