import { formatShortest } from './go-numbers.ts'
import { CelDuration, CelTimestamp } from './values.ts'

const SECONDS_PER_DAY = 86_400
/** CEL's first and last second: 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
const FIRST_SECOND = -62_135_596_800
const LAST_SECOND = 253_402_300_799

const RFC_3339 =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/

/**
 * Reads a time; undefined when the text is not one, or the time is outside of the years 1 to 9999.
 */
export function parseTimestamp(text: string): CelTimestamp | undefined {
  const match = RFC_3339.exec(text)
  if (!match) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map(Number)
  const [fraction = '', sign = '+', hours = '0', minutes = '0'] = match.slice(7)
  if (day > daysInMonth(year, month)) return undefined
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
  const days = daysFromCivil(year, month, day)
  const seconds = days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second - offset * 60
  const nanos = Number(fraction.slice(0, 9).padEnd(9, '0'))
  return timestampOf(seconds, nanos, offset)
}

/** Makes a timestamp; undefined when it is outside of the years 1 to 9999. */
export function timestampOf(
  seconds: number,
  nanos: number,
  offsetMinutes: number,
): CelTimestamp | undefined {
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND) return undefined
  return new CelTimestamp(seconds, nanos, offsetMinutes)
}

/** The time as text, with its offset, and as many digits of a second as it needs. */
export function formatTimestamp({ seconds, nanos, offsetMinutes }: CelTimestamp): string {
  const local = civil(seconds + offsetMinutes * 60)
  const date = `${pad(local.year, 4)}-${pad(local.month, 2)}-${pad(local.day, 2)}`
  const time = `${pad(local.hour, 2)}:${pad(local.minute, 2)}:${pad(local.second, 2)}`
  const fraction = nanos === 0 ? '' : `.${pad(nanos, 9).replace(/0+$/, '')}`
  return `${date}T${time}${fraction}${offsetText(offsetMinutes)}`
}

function offsetText(minutes: number): string {
  if (minutes === 0) return 'Z'
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${pad(Math.trunc(size / 60), 2)}:${pad(size % 60, 2)}`
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0')
}

/** The date and time of day of a second since the epoch, without a time zone. */
export function civil(seconds: number) {
  const days = Math.floor(seconds / SECONDS_PER_DAY)
  const rest = seconds - days * SECONDS_PER_DAY
  return {
    ...civilFromDays(days),
    days,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
  }
}

/** The days since the epoch of a date. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.getTime() / (SECONDS_PER_DAY * 1000)
}

function civilFromDays(days: number) {
  const date = new Date(days * SECONDS_PER_DAY * 1000)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

function daysInMonth(year: number, month: number): number {
  return (
    daysFromCivil(month === 12 ? year + 1 : year, (month % 12) + 1, 1) -
    daysFromCivil(year, month, 1)
  )
}

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}
const DURATION_PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y
const LONGEST = 2n ** 63n

/**
 * Reads a duration as Go's time.ParseDuration does, such as `1h30m`; undefined for any other text.
 */
export function parseDuration(text: string): CelDuration | undefined {
  const unsigned = text.replace(/^[+-]/, '')
  const negative = text.startsWith('-')
  if (unsigned === '0') return new CelDuration(0n)
  let nanos = 0n
  let at = 0
  while (at < unsigned.length) {
    DURATION_PART.lastIndex = at
    const [all, number = '', unit = ''] = DURATION_PART.exec(unsigned) ?? []
    if (all === undefined) return undefined
    nanos += partNanos(number, UNITS[unit] ?? 0n)
    if (nanos > LONGEST) return undefined
    at += all.length
  }
  if (unsigned === '' || (nanos === LONGEST && !negative)) return undefined
  return new CelDuration(negative ? -nanos : nanos)
}

/**
 * The nanoseconds of one part of a duration. Less than a nanosecond is cut off. The fraction is a
 * double, as in Go.
 */
function partNanos(number: string, unit: bigint): bigint {
  const [whole = '', fraction = ''] = number.split('.')
  const digits = fraction.slice(0, 18)
  const part = Math.trunc(Number(digits) * (Number(unit) / 10 ** digits.length))
  return BigInt(whole || '0') * unit + BigInt(part)
}

/** The seconds of a duration as a double, as Go's Duration.Seconds returns them. */
export function durationSeconds({ nanos }: CelDuration): number {
  return Number(nanos / 1_000_000_000n) + Number(nanos % 1_000_000_000n) / 1e9
}

export function formatDuration(duration: CelDuration): string {
  return `${formatShortest(durationSeconds(duration))}s`
}
