import { Command, InvalidArgumentError } from 'commander'
import { UsageError } from '../client/usage-error.ts'
import { roughlyAhead } from '../console/age.ts'
import type { Silence } from '../relay/api/schemas/silences.ts'
import { MAX_SILENCE_MS, MAX_SILENCE_REASON } from '../relay/model/silence.ts'
import { parseAgoMs, parseTimeOrAgoMs } from '../relay/model/time.ts'
import { printList } from './get/print-list.ts'
import { formatAge } from './output/age.ts'
import { outputOption } from './output/output-option.ts'
import { type OutputFormat, printLine } from './output/print.ts'
import { formatTable } from './output/table.ts'
import { addRelayOptions, type RelayFlags, withRelay } from './relay/options.ts'

interface SilenceFlags extends RelayFlags {
  readonly cluster: string
}

interface CreateFlags extends SilenceFlags {
  readonly match: string
  readonly reason: string
  readonly for?: string
  readonly until?: string
}

interface ListFlags extends SilenceFlags {
  readonly output: OutputFormat
  readonly all?: boolean
}

/** `flux-relay silence`: makes, lists and ends silences. */
export function silenceCommand(): Command {
  const create = new Command('create')
    .description('tell nothing of some events for a while, and print the id of the silence')
    .requiredOption(
      '--match <cel>',
      'condition in CEL of what is silenced, such as "labels.team == \'web\'"; "true" is all',
    )
    .requiredOption('--reason <text>', 'why, for those who miss a message', parseReason)
    .option('--for <duration>', 'how long, such as 90m, 2h or 3d', parseLength)
    .option('--until <time>', 'until when, such as 2026-12-01T06:00:00Z', parseEnd)
  const list = new Command('list')
    .description('list the silences of a cluster that are in force')
    .option('--all', 'those that ended in the last 7 days too')
    .addOption(outputOption())
  const expire = new Command('expire')
    .description('end a silence now; failures that it held back and that last are told')
    .argument('<id>', 'id of the silence')
  const place = (command: Command, description: string) =>
    addRelayOptions(command, { requiredCluster: description })
  return new Command('silence')
    .description('silences: for a while, chat and incident tools are told nothing of some events')
    .addCommand(place(create, 'cluster whose events are silenced').action(createSilence))
    .addCommand(place(list, 'cluster whose silences are listed').action(listSilences))
    .addCommand(place(expire, 'cluster of the silence').action(expireSilence))
}

async function createSilence(flags: CreateFlags): Promise<void> {
  const { cluster, match, reason, for: duration, until: endsAt } = flags
  if ((duration === undefined) === (endsAt === undefined)) {
    throw new UsageError('silence create: give --for or --until', 2)
  }
  const end = duration === undefined ? { endsAt } : { duration }
  const silence = await withRelay(flags, (api) =>
    api.createSilence(cluster, { match, reason, ...end }),
  )
  printLine(silence.id)
}

async function listSilences({ cluster, output, all = false, ...flags }: ListFlags): Promise<void> {
  const silences = await withRelay(flags, (api) => api.silences(cluster))
  const shown = silences.filter(({ active }) => all || active)
  const none = `${cluster} has no silence${all ? '' : ' in force'}.`
  await printList(shown, output, { table: silenceTable, none })
}

async function expireSilence(id: string, { cluster, ...flags }: SilenceFlags): Promise<void> {
  const silence = await withRelay(flags, (api) => api.expireSilence(cluster, id))
  printLine(`${silence.id} ended at ${silence.expiry?.at ?? silence.endsAt}`)
}

/** With `isWide` also when each silence was made, and as whole times. */
function silenceTable(silences: readonly Silence[], isWide: boolean): string {
  const now = Date.now()
  const heading = ['ID', 'ENDS', 'BY', 'MATCH', 'REASON']
  const rows = silences.map((silence) => [
    silence.id,
    isWide ? (silence.expiry?.at ?? silence.endsAt) : endText(silence, now),
    silence.createdBy ?? '',
    silence.match,
    silence.reason,
  ])
  if (!isWide) return formatTable(heading, rows)
  const created = silences.map(({ createdAt = '' }) => createdAt)
  return formatTable(
    [...heading, 'CREATED'],
    rows.map((row, index) => [...row, created[index] ?? '']),
  )
}

function endText({ active, endsAt, expiry }: Silence, now: number): string {
  if (active) return roughlyAhead(Date.parse(endsAt) - now)
  return `${formatAge(expiry?.at ?? endsAt, now)} ago`
}

function parseReason(text: string): string {
  const reason = text.trim()
  if (reason !== '' && reason.length <= MAX_SILENCE_REASON) return reason
  throw new InvalidArgumentError(`expected a text of at most ${MAX_SILENCE_REASON} characters.`)
}

function parseLength(text: string): string {
  const ms = parseAgoMs(text)
  if (ms !== undefined && ms > 0 && ms <= MAX_SILENCE_MS) return text
  throw new InvalidArgumentError('expected a duration such as 90m, 2h or 3d, and at most 31d.')
}

/** Reads a time that is still to come; the relay has the last word on it. */
function parseEnd(text: string): string {
  const now = Date.now()
  const time = parseTimeOrAgoMs(text, now)
  if (time !== undefined && time > now) return new Date(time).toISOString()
  throw new InvalidArgumentError(
    'expected a time that is still to come, such as 2026-12-01T06:00:00Z, or 2026-12-01 in UTC.',
  )
}
