import { Command } from 'commander'
import type { RelayClient } from '../client/relay-client.ts'
import { UsageError } from '../client/usage-error.ts'
import { addFilterOptions, type DeliveryFilters, filtersOf } from './filters.ts'
import { printLine } from './output/print.ts'
import { addRelayOptions, type RelayFlags, requireCluster, withRelay } from './relay/options.ts'
import { replayQueue } from './replay-queue.ts'

interface ReplayFlags extends RelayFlags, DeliveryFilters {
  readonly dead?: boolean
  readonly queue?: boolean
  readonly dryRun?: boolean
}

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
    .option('--dry-run', 'with --queue: only tell what is set aside')
  return addRelayOptions(command).action(replay)
}

async function replay(ids: readonly string[], flags: ReplayFlags, command: Command): Promise<void> {
  const { dead, queue, dryRun } = flags
  const filters = filtersOf(flags)
  const [filter] = Object.keys(filters).filter(
    (name) => command.getOptionValueSource(name) === 'cli',
  )
  const ways = [ids.length > 0, dead === true, queue === true].filter(Boolean)
  if (ways.length !== 1) {
    throw new UsageError('replay: name deliveries, or give --dead, or --queue', 2)
  }
  if (!dead && filter !== undefined) {
    throw new UsageError(`replay: --${filter} goes with --dead`, 2)
  }
  if (dryRun && !queue) throw new UsageError('replay: --dry-run goes with --queue', 2)
  if (queue) return replayQueue(flags, dryRun === true)
  if (dead) requireCluster(flags)
  await withRelay(flags, async (api) => replayAll(api, dead ? await deadIds(api, filters) : ids))
}

async function replayAll(api: RelayClient, ids: readonly string[]): Promise<void> {
  let refused = 0
  for (const id of ids) {
    const reason = await api.replay(id)
    if (reason !== undefined) refused += 1
    printLine(`${id} ${reason ?? 'queued'}`)
  }
  printLine(`${ids.length - refused} queued, ${refused} refused`)
  if (refused > 0) process.exitCode = 1
}

/**
 * The ids of all dead deliveries. They are collected before the first replay, which changes what
 * the pages show.
 */
async function deadIds(
  api: RelayClient,
  filters: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const { id } of api.deliveries({ ...filters, outcome: 'dead' })) ids.push(id)
  return ids
}
