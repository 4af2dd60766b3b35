import { Command } from 'commander'
import { readEventFile } from './explain/event-file.ts'
import { printLine, warnLine } from './output/print.ts'
import { addRelayOptions, type RelayFlags, withRelay } from './relay/options.ts'

interface SendFlags extends RelayFlags {
  readonly event: string
  readonly cluster: string
}

/** `flux-relay send`: sends events as a cluster would. */
export function sendCommand(): Command {
  const command = new Command('send')
    .description('send the events of a file: one, a JSON array of them, or NDJSON')
    .requiredOption('-e, --event <file>', 'file of events; - reads stdin')
  return addRelayOptions(command, { requiredCluster: 'cluster that they are from' }).action(
    (flags: SendFlags) => send(flags),
  )
}

async function send({ event, cluster, ...relay }: SendFlags): Promise<void> {
  const body = { body: await readEventFile(event) }
  const { accepted, rejected } = await withRelay(relay, (api) => api.sendEvents(cluster, body))
  for (const { index, error } of rejected) warnLine(`event ${index}: ${error}`)
  printLine(`${accepted} accepted, ${rejected.length} rejected`)
  if (rejected.length > 0) process.exitCode = 1
}
