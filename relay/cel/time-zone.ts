import { CelError } from './cel-error.ts'
import { civil, daysFromCivil } from './time-text.ts'

/** The form of a zone's name in the time zone database. */
const ZONE_NAME = /^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Z][A-Za-z0-9_+-]*)*$/

const formats = new Map<string, Intl.DateTimeFormat>()
/**
 * The most formats that are kept: as many as there are zones, so that no expression fills the
 * memory.
 */
const MAX_FORMATS = 700

/** The local time of a zone, as seconds since the epoch as if it were UTC. Throws `CelError`. */
export function localSeconds(seconds: number, zone: string): number {
  // Flux's controllers run in UTC, and so it is their local time.
  if (zone === '' || zone === 'UTC' || zone === 'Local') return seconds
  if (zone.includes(':')) return seconds + offsetMinutes(zone) * 60
  const parts = zoneFormat(zone).formatToParts(new Date(seconds * 1000))
  const field = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0)
  const isBeforeChrist = parts.some(({ type, value }) => type === 'era' && value.startsWith('B'))
  const year = isBeforeChrist ? 1 - field('year') : field('year')
  const days = daysFromCivil(year, field('month'), field('day'))
  return days * 86_400 + field('hour') * 3600 + field('minute') * 60 + field('second')
}

function zoneFormat(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  if (!ZONE_NAME.test(zone)) throw new CelError(`there is no time zone ${zone}`)
  const number = 'numeric'
  const fields = { year: number, month: number, day: number, hour: number, minute: number } as const
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      ...fields,
      second: number,
      era: 'short',
      hourCycle: 'h23',
      timeZone: zone,
    })
    if (formats.size < MAX_FORMATS) formats.set(zone, format)
    return format
  } catch {
    throw new CelError(`there is no time zone ${zone}`)
  }
}

/** The minutes of an offset such as `-08:00`. */
function offsetMinutes(zone: string): number {
  const [, hours = '', minutes = ''] = /^([+-]?\d+):([+-]?\d+)$/.exec(zone) ?? []
  const [hour, minute] = [Number(hours), Number(minutes)]
  if (hours === '' || Math.abs(hour) > 23 || minute < 0 || minute > 59) {
    throw new CelError(`${zone} is not an offset such as -08:00`)
  }
  return zone.startsWith('-') ? hour * 60 - minute : hour * 60 + minute
}

type Getter = (local: ReturnType<typeof civil>) => number

/** The parts of a time that expressions can read, by the name of the function. */
export const TIME_FIELDS: Readonly<Record<string, Getter>> = {
  getFullYear: ({ year }) => year,
  getMonth: ({ month }) => month - 1,
  getDayOfYear: ({ year, days }) => days - daysFromCivil(year, 1, 1),
  getDayOfMonth: ({ day }) => day - 1,
  getDate: ({ day }) => day,
  getDayOfWeek: ({ days }) => (((days + 4) % 7) + 7) % 7,
  getHours: ({ hour }) => hour,
  getMinutes: ({ minute }) => minute,
  getSeconds: ({ second }) => second,
}

/**
 * Reads a part of a time; undefined when `name` is not in `TIME_FIELDS`. Throws `CelError` for an
 * unknown zone.
 */
export function timeField(name: string, seconds: number, zone: string): number | undefined {
  const local = civil(localSeconds(seconds, zone))
  return TIME_FIELDS[name]?.(local)
}
