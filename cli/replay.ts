import { Command } from 'commander'
import type { RelayClient } from '../client/relay-client.ts'
import { UsageError } from '../client/usage-error.ts'
import type { Delivery } from '../relay/api/schemas/deliveries.ts'
import { addFilterOptions, type DeliveryFilters, filtersOf } from './filters.ts'
import { deliveryTable } from './get/delivery-table.ts'
import { confirm } from './output/confirm.ts'
import { print, printLine, warnLine } from './output/print.ts'
import { startProgress } from './output/progress.ts'
import { findDelivery } from './relay/delivery-id.ts'
import { addRelayOptions, type RelayFlags, requireCluster, withRelay } from './relay/options.ts'
import { replayQueue } from './replay-queue.ts'

interface ReplayFlags extends RelayFlags, DeliveryFilters {
  readonly dead?: boolean
  readonly queue?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/** More than so many are sent again only when a person says so. */
const MOST_UNASKED = 10

/** `flux-relay replay`: sends deliveries again, with the configuration of now. */
export function replayCommand(): Command {
  const command = new Command('replay')
    .description(
      'send deliveries again: those named, or with --dead all dead ones that the options select',
    )
    .argument('[id...]', 'ids of deliveries, as get deliveries shows them')
    .option('--dead', 'all dead deliveries')
  addFilterOptions(command)
    .option('--queue', 'what dispatch could not process at all, and set aside')
    .option('--dry-run', 'only tell what would be sent again, or with --queue what is set aside')
    .option('-y, --yes', `ask no question before more than ${MOST_UNASKED} are sent again`)
  return addRelayOptions(command).action(replay)
}

async function replay(ids: readonly string[], flags: ReplayFlags, command: Command): Promise<void> {
  const { dead, queue, dryRun } = flags
  const filters = filtersOf(flags)
  const [filter] = Object.keys(filters).filter(
    (name) => name !== 'cluster' && command.getOptionValueSource(name) === 'cli',
  )
  const ways = [ids.length > 0, dead === true, queue === true].filter(Boolean)
  if (ways.length !== 1) {
    throw new UsageError('replay: name deliveries, or give --dead, or --queue', 2)
  }
  if (!dead && filter !== undefined) {
    throw new UsageError(`replay: --${filter} goes with --dead`, 2)
  }
  if (queue) return replayQueue(flags, dryRun === true)
  if (dead) requireCluster(flags)
  await withRelay(flags, async (api) => {
    const wanted = dead ? await deadOnes(api, filters) : await named(api, ids, flags)
    if (dryRun) return tell(wanted)
    await ask(wanted, flags)
    await replayAll(api, wanted)
  })
}

/** What is asked for, and what of it there is not. */
interface Wanted {
  readonly deliveries: readonly Delivery[]
  /** Lines about ids that no delivery has. */
  readonly missing: readonly string[]
}

async function named(
  api: RelayClient,
  ids: readonly string[],
  flags: ReplayFlags,
): Promise<Wanted> {
  const found = await Promise.all(ids.map((id) => findDelivery(api, id, flags)))
  return {
    deliveries: found.flatMap((it) => (it.kind === 'found' ? [it.delivery] : [])),
    missing: found.flatMap((it, at) => (it.kind === 'missing' ? [`${ids[at]} ${it.why}`] : [])),
  }
}

/** Collects all dead deliveries before the first replay, which changes what the pages show. */
async function deadOnes(
  api: RelayClient,
  filters: Readonly<Record<string, string>>,
): Promise<Wanted> {
  const deliveries: Delivery[] = []
  for await (const delivery of api.deliveries({ ...filters, outcome: 'dead' })) {
    deliveries.push(delivery)
  }
  return { deliveries, missing: [] }
}

function tell({ deliveries, missing }: Wanted): void {
  for (const line of missing) warnLine(line)
  if (deliveries.length > 0) print(deliveryTable(deliveries, false))
  warnLine(`${deliveries.length} would be sent again; nothing was sent`)
  if (missing.length > 0) process.exitCode = 1
}

async function ask({ deliveries }: Wanted, { yes }: ReplayFlags): Promise<void> {
  const { length } = deliveries
  if (yes || length <= MOST_UNASKED) return
  if (!process.stdin.isTTY) {
    const advice = 'give --yes, or --dry-run to see which'
    throw new UsageError(`replay: ${length} deliveries would be sent again: ${advice}`, 2)
  }
  if (await confirm(`Send ${length} deliveries again?`)) return
  throw new UsageError('nothing was sent: answer y, or give --yes', 1)
}

async function replayAll(api: RelayClient, { deliveries, missing }: Wanted): Promise<void> {
  let refused = missing.length
  const hasBar = deliveries.length > MOST_UNASKED
  const progress = startProgress(hasBar ? deliveries.length : 0)
  // On a terminal the bar tells of what goes well.
  const isTold = !hasBar || !process.stdout.isTTY
  for (const { id } of deliveries) {
    const reason = await api.replay(id)
    if (reason !== undefined) refused += 1
    if (reason !== undefined || isTold) printLine(`${id} ${reason ?? 'queued'}`)
    progress.step()
  }
  progress.end()
  for (const line of missing) printLine(line)
  printLine(`${deliveries.length + missing.length - refused} queued, ${refused} refused`)
  if (refused > 0) process.exitCode = 1
}
