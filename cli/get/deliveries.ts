import type { RelayApi } from '../../client/api.ts'
import { UsageError } from '../../client/usage-error.ts'
import type { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { namespacedName } from '../../relay/model/kubernetes.ts'
import { formatAge } from '../output/age.ts'
import { formatDocument, type OutputFormat, print } from '../output/print.ts'
import { formatTable } from '../output/table.ts'
import { type RelayFlags, requireCluster, withRelay } from '../relay/options.ts'

/** Filters have the names of the parameters of `GET /v1/deliveries`. */
export interface GetDeliveriesFlags extends RelayFlags {
  readonly namespace?: string
  readonly allNamespaces?: boolean
  readonly limit: number
  readonly output: OutputFormat
  readonly cluster?: string
  readonly outcome?: string
  readonly alert?: string
  readonly provider?: string
  readonly object?: string
  readonly since?: string
  readonly until?: string
}

/** Shows deliveries: those named, or the latest ones that the flags select. */
export async function getDeliveries(
  ids: readonly string[],
  flags: GetDeliveriesFlags,
): Promise<void> {
  const { output } = flags
  if (ids.length === 0) requireCluster(flags)
  const deliveries = await withRelay(flags, (api) =>
    ids.length > 0 ? named(api, ids) : latest(api, flags),
  )
  print(
    output === 'json' || output === 'yaml'
      ? await formatDocument(deliveries, output)
      : tableOf(deliveries, output === 'wide'),
  )
}

function named(api: RelayApi, ids: readonly string[]): Promise<readonly Delivery[]> {
  return Promise.all(
    ids.map(async (id) => {
      const delivery = await api.delivery(id)
      if (!delivery) throw new UsageError(`there is no delivery ${id}`, 1)
      return delivery
    }),
  )
}

async function latest(api: RelayApi, flags: GetDeliveriesFlags): Promise<readonly Delivery[]> {
  const { relay, stack, namespace, allNamespaces, limit, output, ...filter } = flags
  const found: Delivery[] = []
  for await (const delivery of api.deliveries(filter)) {
    const isThere =
      namespace === undefined || allNamespaces || delivery.alert?.namespace === namespace
    if (isThere) found.push(delivery)
    if (found.length === limit) break
  }
  return found
}

function tableOf(deliveries: readonly Delivery[], isWide: boolean): string {
  const now = Date.now()
  const heading = ['ID', 'AGE', 'OUTCOME', 'TRIES', 'OBJECT', 'PROVIDER', 'REASON']
  const more = ['CLUSTER', 'ALERT', 'TRY', 'NEXT']
  return formatTable(
    isWide ? [...heading, ...more] : heading,
    deliveries.map((delivery) => [
      delivery.id,
      formatAge(delivery.acceptedAt, now),
      delivery.outcome,
      delivery.tries === undefined ? '' : String(delivery.tries),
      delivery.object,
      delivery.provider ? namespacedName(delivery.provider) : '',
      delivery.reason,
      ...(isWide ? detailsOf(delivery) : []),
    ]),
  )
}

function detailsOf({ cluster, alert, attempt, dueAt }: Delivery): readonly string[] {
  return [cluster, alert ? namespacedName(alert) : '', String(attempt), dueAt ?? '']
}
