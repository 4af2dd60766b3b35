import { parseDurationMs } from './duration.ts'
import { rememberLast } from './last-result.ts'

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
  const ms = timestampMs(text)
  if (Number.isNaN(ms)) return undefined
  const time = isoTime(ms)
  // Of a day or an hour that there is not, `Date` makes another one.
  return time.slice(0, SECONDS_END) === text.slice(0, SECONDS_END) ? time : undefined
}

/**
 * The milliseconds since the epoch of an event's `timestamp`, which `isoTimeOf` made; NaN for a text that is no time.
 * Several stages ask for that of one event, one after another.
 */
export const timestampMs = rememberLast((text) => Date.parse(text))

/** The second that `isoTime` wrote last, and its text up to the point. */
let secondMs = Number.NaN
let secondText = ''

/**
 * A time in milliseconds since the epoch as text: `2026-11-20T09:14:03.000Z`. Throws `RangeError` when `Date` has no
 * such time. Times that are written one after another are mostly of the same second, whose text is made once.
 */
export function isoTime(ms: number): string {
  const rest = ms % 1_000
  // Of a time before 1970 the rest is negative, and of another one it may have a fraction.
  if (!(rest >= 0) || !Number.isInteger(rest)) return new Date(ms).toISOString()
  if (ms - rest !== secondMs) {
    secondText = new Date(ms - rest).toISOString().slice(0, -'000Z'.length)
    secondMs = ms - rest
  }
  return `${secondText}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`
}

const DAY_MS = 24 * 3_600_000

/** A number of days, and after it a Go duration or nothing. */
const DAYS = /^(\d{1,5})d(.*)$/

/** A day, or a day and a time of it, without a zone. */
const PLAIN = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?)?$/i

/** What `parseTimeOrAgoMs` reads, for a person. */
export const TIME_OR_AGO_FORM =
  'an RFC 3339 time, a plain date such as 2026-11-20 in UTC, or a duration such as 1h or 2d'

/**
 * Reads a time as a person writes it, in milliseconds since the epoch: one that `parseTimeMs` reads; a date, with or
 * without a time of day, in UTC; or a duration before `now`: a Go duration such as `1h30m`, and days such as
 * `2d` or `1d12h`. Undefined when the text is none of them.
 */
export function parseTimeOrAgoMs(text: string, now: number): number | undefined {
  const agoMs = parseAgoMs(text)
  if (agoMs !== undefined) return now - Math.round(agoMs)
  const [, date, minutes = '00:00', seconds = ':00'] = PLAIN.exec(text) ?? []
  return parseTimeMs(date === undefined ? text : `${date}T${minutes}${seconds}Z`)
}

/** Reads the milliseconds of a Go duration such as `1h30m`, or of days and one such as `1d12h`; undefined when it is none. */
export function parseAgoMs(text: string): number | undefined {
  const [, days, rest = ''] = DAYS.exec(text) ?? []
  if (days === undefined) return parseDurationMs(text)
  const restMs = rest === '' ? 0 : parseDurationMs(rest)
  return restMs === undefined ? undefined : Number(days) * DAY_MS + restMs
}
