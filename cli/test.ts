import { Command, InvalidArgumentError, Option } from 'commander'
import type { Delivery } from '../relay/api/schemas/deliveries.ts'
import { namespacedName } from '../relay/model/kubernetes.ts'
import { namedObject } from './named-object.ts'
import { formatDocument, print, warnLine } from './output/print.ts'
import {
  addRelayOptions,
  DEFAULT_CLUSTER,
  parseCluster,
  type RelayFlags,
  requireCluster,
  withRelay,
} from './relay/options.ts'
import { testText } from './test/report.ts'

interface TestFlags extends RelayFlags {
  readonly namespace: string
  readonly cluster?: string
  readonly severity: 'info' | 'error'
  readonly message?: string
  readonly commit?: string
  readonly changeRequest?: number
  readonly output: 'text' | 'json' | 'yaml'
}

/** `flux-relay test`: tries what cannot be known before it is tried. */
export function testCommand(): Command {
  const provider = new Command('provider')
    .description(
      'have the relay send a Provider one sample, which is marked as a test, and show what came of it; exits with 1 unless it was delivered',
    )
    .argument('<name>', 'the name of the Provider, or namespace/name')
    .option('-n, --namespace <name>', 'its namespace', 'flux-system')
    .option('--cluster <name>', 'cluster (default: local; needed with --stack)', parseCluster)
    .addOption(
      new Option('--severity <severity>', 'severity of the sample; error may open an incident')
        .choices(['info', 'error'])
        .default('info'),
    )
    .option('--message <text>', 'message of the sample (default: that it is a test)', parseMessage)
    .option(
      '--commit <hash>',
      'the commit that gets a status; types for commit statuses need it',
      parseCommit,
    )
    .option(
      '--change-request <number>',
      'the pull or merge request that gets a comment; types for such comments need it',
      parseNumber,
    )
    .addOption(
      new Option('-o, --output <format>', 'how to print')
        .choices(['text', 'json', 'yaml'])
        .default('text'),
    )
  return new Command('test')
    .description('test a Provider')
    .addCommand(addRelayOptions(provider).action(testProvider))
}

async function testProvider(named: string, flags: TestFlags): Promise<void> {
  requireCluster(flags)
  const { cluster = DEFAULT_CLUSTER, output } = flags
  const { namespace, name } = namedObject(named, flags.namespace)
  const { severity, message, commit, changeRequest } = flags
  const test = { cluster, severity, message, commit, changeRequest }
  const delivery = await withRelay(flags, (api) => api.testProvider(namespace, name, test))
  print(output === 'text' ? testText(delivery) : await formatDocument(delivery, output))
  if (delivery.outcome === 'delivered') return
  process.exitCode = 1
  if (delivery.outcome === 'retry') warnLine(notYetText(delivery))
}

function notYetText({ id, provider }: Delivery): string {
  const name = provider ? namespacedName(provider) : 'the Provider'
  return `the relay has not come to the test of ${name} yet; flux-relay describe delivery ${id} shows it later`
}

function parseMessage(text: string): string {
  if (text.trim() !== '') return text
  throw new InvalidArgumentError('expected a text.')
}

function parseCommit(text: string): string {
  if (/^(?:[\da-f]{40}|[\da-f]{64})$/i.test(text)) return text
  throw new InvalidArgumentError(
    'expected the whole hash of a commit: 40 or 64 hexadecimal digits.',
  )
}

function parseNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('expected the number of a pull or merge request.')
}
