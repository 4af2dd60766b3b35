import { Command, InvalidArgumentError, Option } from 'commander'
import { getDeliveries } from './get/deliveries.ts'
import { getObjects } from './get/objects.ts'
import { addRelayOptions, parseCluster } from './relay/options.ts'

/** `flux-relay get`: shows what a relay has. */
export function getCommand(): Command {
  return new Command('get')
    .description('show Alerts, Providers or deliveries')
    .addCommand(objectsCommand('alerts', 'Alert'))
    .addCommand(objectsCommand('providers', 'Provider'))
    .addCommand(deliveriesCommand())
}

function objectsCommand(name: string, kind: 'Alert' | 'Provider'): Command {
  const command = new Command(name)
    .description(`show the ${kind}s of a cluster, and whether each takes effect`)
    .argument('[name...]', 'only those of these names')
    .option('-n, --namespace <name>', 'namespace', 'flux-system')
    .option('-A, --all-namespaces', 'of all namespaces')
    .option('--cluster <name>', 'cluster (default: local; needed with --stack)', parseCluster)
    .addOption(outputOption())
  return addRelayOptions(command).action((names, flags) => getObjects(kind, names, flags))
}

function deliveriesCommand(): Command {
  const command = new Command('deliveries')
    .description('show deliveries, latest first, and why each went as it did')
    .argument('[id...]', 'only those of these ids')
    .option('-n, --namespace <name>', 'of Alerts of this namespace (default: of all)')
    .option('-A, --all-namespaces', 'of Alerts of all namespaces')
    .option('--cluster <name>', 'of this cluster (needed with --stack)', parseCluster)
    .option('--outcome <outcome>', 'delivered, suppressed, skipped, retry or dead')
    .option('--alert <namespace/name>', 'of this Alert')
    .option('--provider <namespace/name>', 'to this Provider')
    .option('--object <kind/namespace/name>', 'about this object')
    .option('--since <time>', 'of events accepted since a time, or for as long as 1h')
    .option('--until <time>', 'of events accepted before a time')
    .option('--limit <number>', 'most to show', parseLimit, 50)
    .addOption(outputOption())
  return addRelayOptions(command).action((ids, flags) => getDeliveries(ids, flags))
}

function outputOption(): Option {
  return new Option('-o, --output <format>', 'how to print')
    .choices(['table', 'wide', 'json', 'yaml'])
    .default('table')
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (/^[1-9]\d{0,5}$/.test(text)) return limit
  throw new InvalidArgumentError('expected a number from 1 to 999999.')
}
