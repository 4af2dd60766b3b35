import { Command, Option } from 'commander'
import { explainEvent } from '../client/relay-client.ts'
import { UsageError } from '../client/usage-error.ts'
import type { EventToExplain, ExplainedEvent, Explanation } from '../relay/api/schemas/explain.ts'
import { readOneEvent } from './explain/event-file.ts'
import { type Expectation, parseExpectation, unmet } from './explain/expectation.ts'
import { relayOfFiles } from './explain/offline.ts'
import { formatEvent, formatExplanation } from './explain/report.ts'
import { parseEvent } from './filters.ts'
import { parseEventFile, parseManifestsPath } from './one-path.ts'
import { formatDocument, print, warnLine } from './output/print.ts'
import {
  addRelayOptions,
  DEFAULT_CLUSTER,
  parseCluster,
  type RelayFlags,
  requireCluster,
  withRelay,
} from './relay/options.ts'

interface ExplainFlags extends RelayFlags {
  readonly file?: string
  readonly eventFile?: string
  readonly event?: string
  readonly context?: string
  readonly cluster?: string
  readonly expect?: readonly Expectation[]
  readonly output: 'table' | 'json' | 'yaml'
  readonly crossNamespaceRefs: boolean
}

/** `flux-relay explain`: what each Alert does with an event, and what would be sent. */
export function explainCommand(): Command {
  const command = new Command('explain')
    .description(
      'say what each Alert does with an event and why, and show the requests, with secrets masked; sends nothing',
    )
    .option(
      '-f, --file <path>',
      'by a folder (or file) of manifests, without a relay',
      parseManifestsPath,
    )
    .option('-e, --event-file <file>', 'file of one event; - reads stdin', parseEventFile)
    .option(
      '--event <id>',
      'what became of an event that the relay has taken; the beginning of its id is enough',
      parseEvent,
    )
    .option('--cluster <name>', 'cluster (default: local; needed with --stack)', parseCluster)
    .option(
      '--expect <provider=outcome>',
      'exit with 1 unless it comes to this, such as flux-system/slack=delivered; may be repeated',
      parseExpectation,
    )
    .option(
      '--no-cross-namespace-refs',
      'with -f: as a relay with that setting, no Alert takes events of other namespaces; a relay and a stack know theirs',
    )
    .addOption(
      new Option('-o, --output <format>', 'how to print')
        .choices(['table', 'json', 'yaml'])
        .default('table'),
    )
  const asksNone = ({ file }: { readonly file?: unknown }) => file !== undefined
  return addRelayOptions(command, { asksNone }).action((flags: ExplainFlags) => explain(flags))
}

async function explain(flags: ExplainFlags): Promise<void> {
  const { file, relay, stack, context, output, event, eventFile, expect = [] } = flags
  if (file !== undefined && (relay ?? stack ?? context) !== undefined) {
    throw new UsageError('explain: -f goes without --relay, --stack and --context', 2)
  }
  if ((event === undefined) === (eventFile === undefined)) {
    throw new UsageError('explain: give an event, either -e FILE or --event ID', 2)
  }
  if (event !== undefined && file !== undefined) {
    throw new UsageError('explain: --event is of a relay, and goes without -f', 2)
  }
  if (file === undefined) requireCluster(flags)
  const explained =
    event === undefined ? await byRules(flags, eventFile ?? '') : await byRecords(flags, event)
  print(output === 'table' ? format(explained) : await formatDocument(explained, output))
  if ('incomplete' in explained && explained.incomplete !== undefined) {
    warnLine(`only what is recorded is shown: ${explained.incomplete}`)
  }
  const wrong = expect.flatMap((each) => unmet(each, explained.verdicts) ?? [])
  for (const text of wrong) warnLine(text)
  if (wrong.length > 0) process.exitCode = 1
}

function format(explained: Explanation | ExplainedEvent): string {
  return 'eventId' in explained ? formatEvent(explained) : formatExplanation(explained)
}

async function byRules(flags: ExplainFlags, eventFile: string): Promise<Explanation> {
  const { file, cluster = DEFAULT_CLUSTER } = flags
  // What is wrong with it the relay says.
  const event = { cluster, ...(await readOneEvent(eventFile)) } as EventToExplain
  const rules = rulesOf(flags)
  if (file === undefined) return withRelay(flags, (api) => api.explainEvent(event, rules))
  return explainEvent(await relayOfFiles(file, cluster, eventFile), event, rules)
}

async function byRecords(flags: ExplainFlags, id: string): Promise<ExplainedEvent> {
  const { cluster } = flags
  const parameters = new URLSearchParams(cluster === undefined ? {} : { cluster })
  const found = await withRelay(flags, (api) => api.event(id, parameters, rulesOf(flags)))
  if (found) return found
  throw new UsageError(`--event ${id}: there is no record of such an event, or no longer`, 1)
}

function rulesOf({ crossNamespaceRefs }: ExplainFlags) {
  return { noCrossNamespaceRefs: !crossNamespaceRefs }
}
