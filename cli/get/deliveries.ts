import type { RelayClient } from '../../client/relay-client.ts'
import { UsageError } from '../../client/usage-error.ts'
import type { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { type DeliveryFilters, filtersOf } from '../filters.ts'
import { formatDocument, type OutputFormat, print, warnLine } from '../output/print.ts'
import { type RelayFlags, requireCluster, withRelay } from '../relay/options.ts'
import { deliveryTable } from './delivery-table.ts'
import { type Selected, selectDeliveries } from './select-deliveries.ts'

export interface GetDeliveriesFlags extends RelayFlags, DeliveryFilters {
  readonly namespace?: string
  readonly allNamespaces?: boolean
  readonly limit: number
  readonly output: OutputFormat
}

/** Most deliveries that one list looks at: on AWS each page is paid for. */
const MOST_READ = { relay: 100_000, stack: 10_000 } as const

/** Shows deliveries: those named, or the latest ones that the flags select. */
export async function getDeliveries(
  ids: readonly string[],
  flags: GetDeliveriesFlags,
): Promise<void> {
  if (ids.length === 0) requireCluster(flags)
  const { deliveries, cut } = await withRelay(flags, (api) =>
    ids.length > 0 ? named(api, ids) : latest(api, flags),
  )
  await show(deliveries, flags.output)
  if (cut !== undefined) warnLine(cut)
}

async function show(deliveries: readonly Delivery[], output: OutputFormat): Promise<void> {
  if (output === 'json' || output === 'yaml') return print(await formatDocument(deliveries, output))
  if (deliveries.length === 0) return warnLine('No deliveries found.')
  print(deliveryTable(deliveries, output === 'wide'))
}

async function named(api: RelayClient, ids: readonly string[]): Promise<Selected> {
  const deliveries = ids.map(async (id) => {
    const delivery = await api.delivery(id)
    if (!delivery) throw new UsageError(`there is no delivery ${id}`, 1)
    return delivery
  })
  return { deliveries: await Promise.all(deliveries), cut: undefined }
}

function latest(api: RelayClient, flags: GetDeliveriesFlags): Promise<Selected> {
  return selectDeliveries(api, {
    filters: filtersOf(flags),
    namespace: flags.allNamespaces ? undefined : flags.namespace,
    limit: flags.limit,
    mostRead: MOST_READ[flags.stack === undefined ? 'relay' : 'stack'],
  })
}
