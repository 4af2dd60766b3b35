import { Command } from 'commander'
import { UsageError } from '../client/usage-error.ts'
import { FLEET } from '../relay/model/fleet.ts'
import { deliveryText } from './describe/delivery.ts'
import { eventText } from './describe/event.ts'
import { objectText } from './describe/object.ts'
import { objectsOf } from './get/found-objects.ts'
import { selectDeliveries } from './get/select-deliveries.ts'
import { namedObject } from './named-object.ts'
import { print } from './output/print.ts'
import { requireDelivery } from './relay/delivery-id.ts'
import {
  addRelayOptions,
  DEFAULT_CLUSTER,
  parseCluster,
  type RelayFlags,
  requireCluster,
  withRelay,
} from './relay/options.ts'

interface DescribeFlags extends RelayFlags {
  readonly cluster?: string
}

interface ObjectFlags extends DescribeFlags {
  readonly namespace: string
}

/** How many deliveries an Alert or a Provider is shown with. */
const LATEST = 10

/** Most deliveries that are looked at for them: on AWS each page is paid for. */
const MOST_READ = 2_000

/** `flux-relay describe`: all there is to know of one thing, for people. */
export function describeCommand(): Command {
  return new Command('describe')
    .description('show all there is to know of a delivery, an event, an Alert or a Provider')
    .addCommand(
      byId('delivery', 'show a delivery: its event, its outcome and each of its tries').action(
        describeDelivery,
      ),
    )
    .addCommand(
      byId('event', 'show an event, and what became of it for every Alert').action(describeEvent),
    )
    .addCommand(byName('alert', 'Alert'))
    .addCommand(byName('provider', 'Provider'))
}

function byId(name: string, description: string): Command {
  const command = new Command(name)
    .description(description)
    .argument('<id>', 'its id; the beginning is enough where only one has it')
    .option('--cluster <name>', 'of this cluster (needed with --stack)', parseCluster)
  return addRelayOptions(command)
}

function byName(name: string, kind: 'Alert' | 'Provider'): Command {
  const command = new Command(name)
    .description(
      `show ${kind === 'Alert' ? 'an' : 'a'} ${kind}, whether it takes effect, and its latest deliveries`,
    )
    .argument('<name>', 'its name, or namespace/name')
    .option('-n, --namespace <name>', 'its namespace', 'flux-system')
    .option('--cluster <name>', 'cluster (default: local; needed with --stack)', parseCluster)
  return addRelayOptions(command).action((of: string, flags: ObjectFlags) =>
    describeObject(kind, of, flags),
  )
}

async function describeDelivery(id: string, flags: DescribeFlags): Promise<void> {
  const delivery = await withRelay(flags, (api) => requireDelivery(api, id, flags))
  print(deliveryText(delivery, Date.now()))
}

async function describeEvent(id: string, flags: DescribeFlags): Promise<void> {
  requireCluster(flags)
  const { cluster } = flags
  const parameters = new URLSearchParams(cluster === undefined ? {} : { cluster })
  const explained = await withRelay(flags, (api) =>
    api.event(id, parameters, { noCrossNamespaceRefs: false }),
  )
  if (!explained) {
    throw new UsageError(`there is no record of an event ${id}, or no longer`, 1)
  }
  print(eventText(explained))
}

async function describeObject(
  kind: 'Alert' | 'Provider',
  named: string,
  flags: ObjectFlags,
): Promise<void> {
  requireCluster(flags)
  const { cluster = DEFAULT_CLUSTER } = flags
  const { namespace, name } = namedObject(named, flags.namespace)
  const text = await withRelay(flags, async (api) => {
    const config = namespace === FLEET ? await api.fleet() : await api.config(cluster)
    const found = objectsOf(config, kind).find(
      ({ readiness }) => readiness.namespace === namespace && readiness.name === name,
    )
    if (!found) throw new UsageError(`there is no ${kind} ${namespace}/${name} of ${cluster}`, 1)
    const filters = { cluster, [kind.toLowerCase()]: `${namespace}/${name}` }
    const wanted = { filters, namespace: undefined, limit: LATEST, mostRead: MOST_READ }
    const { deliveries } = await selectDeliveries(api, wanted)
    return objectText(found, cluster, deliveries)
  })
  print(text)
}
