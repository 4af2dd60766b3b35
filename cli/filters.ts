import { type Command, InvalidArgumentError } from 'commander'
import { OUTCOMES } from '../relay/model/outcomes.ts'
import { parseAgoMs, parseTimeOrAgoMs, TIME_OR_AGO_FORM } from '../relay/model/time.ts'
import { parseCluster } from './relay/options.ts'

/** Which deliveries a command is for, by the names of the parameters of `GET /v1/deliveries`. */
export interface DeliveryFilters {
  readonly cluster?: string
  readonly outcome?: string
  readonly alert?: string
  readonly provider?: string
  readonly object?: string
  readonly event?: string
  readonly reason?: string
  readonly severity?: string
  readonly text?: string
  readonly since?: string
  readonly until?: string
}

const NAMES: ReadonlyArray<keyof DeliveryFilters> = [
  ...(['cluster', 'outcome', 'alert', 'provider', 'object', 'event'] as const),
  ...(['reason', 'severity', 'text', 'since', 'until'] as const),
]

/** The filters among a command's flags. */
export function filtersOf(flags: DeliveryFilters): Readonly<Record<string, string>> {
  return Object.fromEntries(
    NAMES.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]])),
  )
}

/** The options of all filters of deliveries but the outcome. */
export function addFilterOptions(command: Command): Command {
  addClusterOption(command)
    .option('--alert <namespace/name>', 'of this Alert', parseNamespacedName)
    .option('--provider <namespace/name>', 'to this Provider', parseNamespacedName)
  return addOptionsOfEvents(command, "with this text in the event's message or in WHY")
}

/** The options of all filters of events. */
export function addEventFilterOptions(command: Command): Command {
  return addOptionsOfEvents(addClusterOption(command), 'with this text in the message')
}

function addClusterOption(command: Command): Command {
  return command.option('--cluster <name>', 'of this cluster (needed with --stack)', parseCluster)
}

function addOptionsOfEvents(command: Command, ofText: string): Command {
  return command
    .option('--object <kind/namespace/name>', 'about this object', parseObjectName)
    .option('--event <id>', 'of this event; the beginning of its id is enough', parseEvent)
    .option(
      '--reason <reason>',
      'whose event has this reason, such as HealthCheckFailed',
      parseWord,
    )
    .option('--severity <severity>', 'whose event has this severity: info or error', parseSeverity)
    .option('--text <text>', ofText, parseWord)
    .option(
      '--since <time>',
      'of events accepted since a time, a date in UTC, or for as long as 1h or 2d',
      parseTime,
    )
    .option('--until <time>', 'of events accepted before a time', parseTime)
}

/** Reads an option that names one outcome, or several with commas between them; it may be given several times. */
export function parseOutcomes(text: string, before?: string): string {
  const outcomes = text.split(',').map((outcome) => outcome.trim())
  const known: readonly string[] = OUTCOMES
  if (outcomes.every((outcome) => known.includes(outcome))) {
    return [...(before === undefined ? [] : [before]), ...outcomes].join(',')
  }
  throw new InvalidArgumentError(
    `expected ${OUTCOMES.join(', ')}, or several with commas between them.`,
  )
}

/**
 * Reads an option that is a time, into an RFC 3339 time, or a duration in seconds: that one counts back from the
 * time of the relay, which may have another clock. Both are read by relays of earlier versions.
 */
export function parseTime(text: string): string {
  const agoMs = parseAgoMs(text.trim())
  if (agoMs !== undefined) return `${agoMs / 1_000}s`
  const time = parseTimeOrAgoMs(text.trim(), 0)
  if (time !== undefined) return new Date(time).toISOString()
  throw new InvalidArgumentError(`expected ${TIME_OR_AGO_FORM}.`)
}

/** Reads an option that names an Alert or a Provider. */
export function parseNamespacedName(text: string): string {
  if (/^[^/\s]+\/[^/\s]+$/.test(text)) return text
  throw new InvalidArgumentError('expected namespace/name, such as flux-system/on-call.')
}

function parseObjectName(text: string): string {
  if (/^[^/\s]+\/[^/\s]+\/[^/\s]+$/.test(text)) return text
  throw new InvalidArgumentError(
    'expected Kind/namespace/name, such as Kustomization/flux-system/apps.',
  )
}

/** Reads an option that is the id of an event, or its beginning. */
export function parseEvent(text: string): string {
  if (/^[\w-]{1,128}$/.test(text)) return text
  throw new InvalidArgumentError('expected the id of an event, or its beginning.')
}

function parseSeverity(text: string): string {
  if (/^(?:info|error|trace)$/i.test(text)) return text.toLowerCase()
  throw new InvalidArgumentError('expected info or error.')
}

function parseWord(text: string): string {
  if (text.trim() !== '') return text
  throw new InvalidArgumentError('expected a text.')
}
