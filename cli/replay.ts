import { Command } from 'commander'
import { createRelayApi, type RelayApi } from './relay-api.ts'
import { UsageError } from './usage-error.ts'

interface ReplayFlags {
  readonly relay: string
  readonly dead?: boolean
  readonly since?: string
  readonly until?: string
  readonly provider?: string
  readonly cluster?: string
}

/** `flux-relay replay`: sends deliveries again, with the configuration of now. */
export function replayCommand(): Command {
  return new Command('replay')
    .description('send deliveries again: those named, or all dead ones that the options select')
    .argument('[id...]', 'ids of deliveries, as GET /v1/deliveries shows them')
    .option('--dead', 'all dead deliveries')
    .option('--since <time>', 'with --dead: of events accepted since a time, or for as long as 1h')
    .option('--until <time>', 'with --dead: of events accepted before a time')
    .option('--provider <namespace/name>', 'with --dead: to this Provider')
    .option('--cluster <name>', 'with --dead: of this cluster')
    .option('--relay <url>', 'address of the relay', 'http://127.0.0.1:8080')
    .action(replay)
}

async function replay(ids: readonly string[], flags: ReplayFlags): Promise<void> {
  const { dead, relay, ...selection } = flags
  const filters = Object.keys(selection)
  if (ids.length > 0 === (dead === true)) {
    throw new UsageError('replay: name deliveries, or give --dead', 2)
  }
  if (!dead && filters.length > 0) {
    throw new UsageError(`replay: --${filters[0]} goes with --dead`, 2)
  }
  const api = createRelayApi(relay, process.env.FLUX_RELAY_TOKEN)
  const selected = dead ? await deadIds(api, selection) : ids
  let refused = 0
  for (const id of selected) {
    const reason = await api.replay(id)
    if (reason !== undefined) refused += 1
    process.stdout.write(`${id} ${reason ?? 'queued'}\n`)
  }
  process.stdout.write(`${selected.length - refused} queued, ${refused} refused\n`)
  if (refused > 0) process.exitCode = 1
}

/** All of them before the first is replayed, since a replay changes what the pages show. */
async function deadIds(
  api: RelayApi,
  selection: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const { id } of api.deliveries({ ...selection, outcome: 'dead' })) ids.push(id)
  return ids
}
