import { InvalidArgumentError } from 'commander'
import { parseDurationMs } from '../relay/model/duration.ts'
import { PUBLIC_URL_FORM, parsePublicUrl } from '../relay/model/public-url.ts'
import {
  parseRateLimitIntervalMs,
  RATE_LIMIT_INTERVAL_FORM,
} from '../relay/model/rate-limit-interval.ts'

/** Reads an option that is a port. */
export function parsePort(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError('expected a number from 0 to 65535.')
}

const UNIT_BYTES: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['Ki', 2 ** 10],
  ['Mi', 2 ** 20],
  ['Gi', 2 ** 30],
  ['Ti', 2 ** 40],
])

/** Reads an option that is a size of at least `least` bytes: `500Mi`, or bytes. */
export function parseBytes(text: string, least: number): number {
  const [, digits = '', unit = ''] = /^(\d{1,15})([KMGT]i)?$/.exec(text) ?? []
  const bytes = digits === '' ? Number.NaN : Number(digits) * (UNIT_BYTES.get(unit) ?? Number.NaN)
  if (Number.isSafeInteger(bytes) && bytes >= least) return bytes
  throw new InvalidArgumentError(
    `expected a size such as 500Mi, and at least ${least / 2 ** 20}Mi.`,
  )
}

/** Reads an option that is a time of at least `leastMs`, such as `168h` or `90m`; milliseconds. */
export function parsePeriodMs(text: string, leastMs: number): number {
  const ms = parseDurationMs(text)
  if (ms !== undefined && ms >= leastMs) return ms
  throw new InvalidArgumentError(`expected a time such as 168h, and at least ${leastMs / 60_000}m.`)
}

/** Reads an option that says how long a repeat is not told again; milliseconds. */
export function parseRateLimitInterval(text: string): number {
  const ms = parseRateLimitIntervalMs(text)
  if (ms !== undefined) return ms
  throw new InvalidArgumentError(`expected ${RATE_LIMIT_INTERVAL_FORM}.`)
}

/** Reads an option that is the URL at which people open the relay. */
export function parsePublicUrlOption(text: string): string {
  const url = parsePublicUrl(text)
  if (url !== undefined) return url
  throw new InvalidArgumentError(`expected ${PUBLIC_URL_FORM}.`)
}

const MOST_WAIT_MS = 10 * 60_000

/** Reads an option that says how long a command waits; milliseconds. */
export function parseWaitMs(text: string): number {
  const ms = parseDurationMs(text)
  if (ms !== undefined && ms > 0 && ms <= MOST_WAIT_MS) return ms
  throw new InvalidArgumentError('expected a time such as 10s, and at most 10m.')
}
