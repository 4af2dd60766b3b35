import { Command, Option } from 'commander'
import { explainEvent } from '../client/relay-client.ts'
import { UsageError } from '../client/usage-error.ts'
import type { EventToExplain, Explanation } from '../relay/api/schemas/explain.ts'
import { readOneEvent } from './explain/event-file.ts'
import { type Expectation, parseExpectation, unmet } from './explain/expectation.ts'
import { relayOfFiles } from './explain/offline.ts'
import { formatExplanation } from './explain/report.ts'
import { formatDocument, print, warnLine } from './output/print.ts'
import {
  addRelayOptions,
  parseCluster,
  type RelayFlags,
  requireCluster,
  withRelay,
} from './relay/options.ts'

interface ExplainFlags extends RelayFlags {
  readonly file?: string
  readonly eventFile: string
  readonly cluster?: string
  readonly expect?: readonly Expectation[]
  readonly output: 'table' | 'json' | 'yaml'
  readonly crossNamespaceRefs: boolean
}

/** What the embedded relay calls the cluster of its manifests folder, unless told. */
const DEFAULT_CLUSTER = 'local'

/** `flux-relay explain`: what each Alert does with an event, and what would be sent. */
export function explainCommand(): Command {
  const command = new Command('explain')
    .description(
      'say what each Alert does with an event and why, and show the requests, with secrets masked; sends nothing',
    )
    .option('-f, --file <path>', 'by a folder (or file) of manifests, without a relay')
    .requiredOption('-e, --event-file <file>', 'file of one event; - reads stdin')
    .option('--cluster <name>', 'cluster (default: local; needed with --stack)', parseCluster)
    .option(
      '--expect <provider=outcome>',
      'exit with 1 unless it comes to this, such as flux-system/slack=delivered; may be repeated',
      parseExpectation,
    )
    .option(
      '--no-cross-namespace-refs',
      'with -f or --stack: as a relay with that setting, no Alert takes events of other namespaces',
    )
    .addOption(
      new Option('-o, --output <format>', 'how to print')
        .choices(['table', 'json', 'yaml'])
        .default('table'),
    )
  return addRelayOptions(command).action((flags: ExplainFlags) => explain(flags))
}

async function explain(flags: ExplainFlags): Promise<void> {
  const { file, relay, stack, output, expect = [], cluster = DEFAULT_CLUSTER } = flags
  if (file !== undefined && (relay ?? stack) !== undefined) {
    throw new UsageError('explain: -f goes without --relay and --stack', 2)
  }
  if (file === undefined) requireCluster(flags)
  const given = await readOneEvent(flags.eventFile)
  const explanation = await explanationOf(flags, { cluster, ...given } as EventToExplain)
  print(
    output === 'table' ? formatExplanation(explanation) : await formatDocument(explanation, output),
  )
  const wrong = expect.flatMap((each) => unmet(each, explanation.verdicts) ?? [])
  for (const text of wrong) warnLine(text)
  if (wrong.length > 0) process.exitCode = 1
}

async function explanationOf(flags: ExplainFlags, event: EventToExplain): Promise<Explanation> {
  const rules = { noCrossNamespaceRefs: !flags.crossNamespaceRefs }
  const { file } = flags
  if (file === undefined) return withRelay(flags, (api) => api.explainEvent(event, rules))
  return explainEvent(await relayOfFiles(file, event.cluster), event, rules)
}
