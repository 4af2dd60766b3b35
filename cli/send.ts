import { Command, Option } from 'commander'
import { Refusal } from '../client/answers.ts'
import type { RelayClient } from '../client/relay-client.ts'
import { UsageError } from '../client/usage-error.ts'
import { readEventFile } from './explain/event-file.ts'
import { deliveryTable } from './get/delivery-table.ts'
import { parseEventFile } from './one-path.ts'
import { print, printLine, warnLine } from './output/print.ts'
import { parseWaitMs } from './quantities.ts'
import { addRelayOptions, type RelayFlags, withRelay } from './relay/options.ts'
import { exampleEvent, type OneEvent, oneEvent } from './send/one-event.ts'
import { eventOutcomes } from './send/outcomes.ts'

interface SendFlags extends RelayFlags {
  readonly event?: string
  readonly example?: true
  readonly wait?: number
  readonly cluster: string
}

/** `flux-relay send`: sends events as a cluster would. */
export function sendCommand(): Command {
  const command = new Command('send')
    .description('send the events of a file: one, a JSON array of them, or NDJSON')
    .option('-e, --event <file>', 'file of events; - reads stdin', parseEventFile)
    .addOption(
      new Option('--example', 'instead, an event of the quick start, of now').conflicts('event'),
    )
    .option(
      '--wait <time>',
      'of one event: show its deliveries once they have ended, and fail if they do not within a time such as 10s (not where the relay has tokens, since a cluster’s lists nothing)',
      parseWaitMs,
    )
  return addRelayOptions(command, { requiredCluster: 'cluster that they are from' }).action(
    (flags: SendFlags) => send(flags),
  )
}

async function send(flags: SendFlags): Promise<void> {
  const { event, example, wait, cluster, ...relay } = flags
  if (example !== true && event === undefined) {
    throw new UsageError('which events? give -e FILE, or --example', 2)
  }
  const isOne = example === true || wait !== undefined
  const one = isOne ? await readOne(flags) : undefined
  const body = one?.body ?? { body: await readEventFile(event ?? '') }
  await withRelay(relay, async (api) => {
    const { accepted, rejected } = await api.sendEvents(cluster, body)
    for (const { index, error } of rejected) warnLine(`event ${index}: ${error}`)
    printLine(`${accepted} accepted, ${rejected.length} rejected`)
    if (rejected.length > 0) process.exitCode = 1
    else if (one?.id !== undefined && wait !== undefined) {
      await showOutcomes(api, { cluster, id: one.id }, wait)
    }
  })
}

function readOne({ event, cluster }: SendFlags): Promise<OneEvent> {
  return event === undefined ? exampleEvent(cluster) : oneEvent(event, cluster)
}

async function showOutcomes(
  api: RelayClient,
  event: { readonly cluster: string; readonly id: string },
  waitMs: number,
): Promise<void> {
  const { deliveries, haveEnded } = await eventOutcomes(api, event, waitMs).catch(
    (error: unknown) => {
      if (!(error instanceof Refusal && error.status === 401)) throw error
      const list = `flux-relay get deliveries --event ${event.id}`
      throw new UsageError(
        `--wait: the token that sends lists nothing; with an operator's: ${list}`,
        1,
      )
    },
  )
  if (deliveries.length > 0) print(deliveryTable(deliveries, false))
  if (deliveries.some(({ outcome }) => outcome === 'dead')) process.exitCode = 1
  if (haveEnded) return
  const what = deliveries.length === 0 ? 'nothing is known of it yet' : 'not all of it has ended'
  throw new UsageError(
    `after ${waitMs / 1_000} s ${what}: flux-relay get deliveries --event ${event.id} tells more`,
    1,
  )
}
