import { Command, InvalidArgumentError } from 'commander'
import { addEventFilterOptions, addFilterOptions, parseOutcomes } from './filters.ts'
import { getClusters } from './get/clusters.ts'
import { getDeliveries } from './get/deliveries.ts'
import { getEvents } from './get/events.ts'
import type { ObjectKind } from './get/found-objects.ts'
import { getObjects } from './get/objects.ts'
import { outputOption } from './output/output-option.ts'
import { addRelayOptions, parseCluster } from './relay/options.ts'

/** `flux-relay get`: shows what a relay has. */
export function getCommand(): Command {
  return new Command('get')
    .description('show Alerts, Providers, Silences, deliveries, events or clusters')
    .addCommand(objectsCommand('alert', 'Alert'))
    .addCommand(objectsCommand('provider', 'Provider'))
    .addCommand(objectsCommand('silence', 'Silence'))
    .addCommand(deliveriesCommand())
    .addCommand(eventsCommand())
    .addCommand(clustersCommand())
}

function objectsCommand(name: string, kind: ObjectKind): Command {
  const command = new Command(`${name}s`)
    .alias(name)
    .description(`show the ${kind}s of a cluster, and whether each takes effect`)
    .argument('[name...]', 'only those of these names, or of namespace/name')
    .option('-n, --namespace <name>', 'namespace', 'flux-system')
    .option('-A, --all-namespaces', 'of all namespaces')
    .option('--cluster <name>', 'cluster (default: local; needed with --stack)', parseCluster)
    .addOption(outputOption())
  const options =
    kind === 'Provider'
      ? { orFleet: 'those of the fleet, which the relay keeps for its clusters' }
      : {}
  return addRelayOptions(command, options).action((names, flags) => getObjects(kind, names, flags))
}

function deliveriesCommand(): Command {
  const command = new Command('deliveries')
    .alias('delivery')
    .description('show deliveries, latest first, and why each went as it did')
    .argument('[id...]', 'only those of these ids')
    .option('-n, --namespace <name>', 'of Alerts of this namespace (default: of all)')
    .option('-A, --all-namespaces', 'of Alerts of all namespaces')
    .option(
      '--outcome <outcomes>',
      'delivered, observed, suppressed, skipped, held, retry, dead, dismissed or failed, or several: retry,dead',
      parseOutcomes,
    )
  addFilterOptions(command)
    .option('--limit <number>', 'most to show', parseLimit, 50)
    .option('-w, --watch', 'go on with the deliveries that come or change, until Ctrl-C')
    .addOption(outputOption())
  return addRelayOptions(command).action((ids, flags) => getDeliveries(ids, flags))
}

function eventsCommand(): Command {
  const command = new Command('events')
    .alias('event')
    .description('show events, latest first, and what became of each')
  addEventFilterOptions(command)
    .option('--limit <number>', 'most to show', parseLimit, 50)
    .option(
      '-w, --watch',
      'go on with the events that come, or of which more becomes, until Ctrl-C',
    )
    .addOption(outputOption())
  return addRelayOptions(command).action((flags) => getEvents(flags))
}

function clustersCommand(): Command {
  const command = new Command('clusters')
    .alias('cluster')
    .description('show clusters, and when each was last heard of')
    .argument('[name...]', 'only those of these names')
    .addOption(outputOption())
  return addRelayOptions(command).action((names, flags) => getClusters(names, flags))
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (/^[1-9]\d{0,5}$/.test(text)) return limit
  throw new InvalidArgumentError('expected a number from 1 to 999999.')
}
