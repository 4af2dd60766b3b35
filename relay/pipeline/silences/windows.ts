import { Cron } from 'croner'
import type { FieldError } from '../../model/errors.ts'
import { MAX_SILENCE_MS } from '../../model/silence.ts'
import type { SilenceSpec } from '../../model/silence-object.ts'
import { parseAgoMs, parseTimeMs } from '../../model/time.ts'

/** The windows of time in which a Silence is in force. */
export interface Windows {
  /**
   * When the window ends that is in force at `now`, in milliseconds since the epoch; undefined when there is
   * none. Where windows overlap, it is the one that began last.
   */
  endAt(now: number): number | undefined
}

/** What is wrong with the fields that say when a Silence is in force. */
export class WindowsError extends Error {
  override readonly name = 'WindowsError'
  readonly errors: readonly FieldError[]

  constructor(field: string, message: string) {
    super(message)
    this.errors = [{ field: `spec.${field}`, message }]
  }
}

const MIN_MS = 60_000

/** Reads when a Silence is in force: `schedule` and `duration`, or once until `endsAt`. Throws `WindowsError`. */
export function compileWindows(spec: SilenceSpec): Windows {
  return spec.schedule === '' ? singleWindow(spec) : recurringWindows(spec)
}

function singleWindow({ duration, timeZone, startsAt, endsAt }: SilenceSpec): Windows {
  if (endsAt === '') {
    throw new WindowsError('schedule', 'expected a schedule with a duration, or endsAt')
  }
  for (const [field, text] of Object.entries({ duration, timeZone })) {
    if (text !== '') throw new WindowsError(field, 'goes with a schedule, not with endsAt')
  }
  const end = timeOf('endsAt', endsAt)
  const start = startsAt === '' ? Number.NEGATIVE_INFINITY : timeOf('startsAt', startsAt)
  if (end <= start) throw new WindowsError('endsAt', 'expected a time after startsAt')
  return { endAt: (now) => (now >= start && now < end ? end : undefined) }
}

function timeOf(field: string, text: string): number {
  const time = parseTimeMs(text)
  if (time !== undefined) return time
  throw new WindowsError(field, 'expected an RFC 3339 time such as 2026-12-01T06:00:00Z')
}

function recurringWindows({
  schedule,
  duration,
  timeZone,
  startsAt,
  endsAt,
}: SilenceSpec): Windows {
  const lengthMs = lengthOf(duration)
  const start = startsAt === '' ? Number.NEGATIVE_INFINITY : timeOf('startsAt', startsAt)
  const end = endsAt === '' ? Number.POSITIVE_INFINITY : timeOf('endsAt', endsAt)
  if (end <= start) throw new WindowsError('endsAt', 'expected a time after startsAt')
  const cron = cronOf(schedule, zoneOf(timeZone))
  const windowAt = remembered((now) => {
    const [began] = cron.previousRuns(1, new Date(now + 1))
    const next = cron.nextRun(new Date(now))?.getTime() ?? Number.POSITIVE_INFINITY
    return { began: began?.getTime() ?? Number.NEGATIVE_INFINITY, next }
  })
  return {
    endAt(now) {
      if (now < start || now >= end) return undefined
      const over = Math.min(windowAt(now).began + lengthMs, end)
      return now < over ? over : undefined
    },
  }
}

function lengthOf(duration: string): number {
  const ms = parseAgoMs(duration)
  if (ms !== undefined && ms >= MIN_MS && ms <= MAX_SILENCE_MS) return Math.round(ms)
  throw new WindowsError('duration', 'expected a duration such as 8h, of one minute to 31 days')
}

function zoneOf(timeZone: string): string {
  if (timeZone === '') return 'UTC'
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone
  } catch {
    const message = `expected the name of a time zone such as Europe/Berlin; ${JSON.stringify(timeZone)} is none`
    throw new WindowsError('timeZone', message)
  }
}

function cronOf(schedule: string, timezone: string): Cron {
  const expected = 'expected five fields of cron such as 0 22 * * MON-FRI'
  try {
    const cron = new Cron(schedule, { timezone, mode: '5-part', paused: true })
    if (cron.nextRun() !== null) return cron
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
    const why = error.message.replace(/^CronPattern: /, '')
    throw new WindowsError('schedule', `${expected}: ${why}`)
  }
  throw new WindowsError('schedule', `${expected}; this one never comes`)
}

/** When the last window began, and when the next one does. Milliseconds since the epoch. */
interface Turn {
  readonly began: number
  readonly next: number
}

/** Looks into the calendar only when another window may have begun. */
function remembered(look: (now: number) => Turn): (now: number) => Turn {
  let known: Turn | undefined
  return (now) => {
    if (!known || now < known.began || now >= known.next) known = look(now)
    return known
  }
}
