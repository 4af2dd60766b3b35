import type { DeliveryChanges } from '../../client/delivery-changes.ts'
import type { RelayClient } from '../../client/relay-client.ts'
import { UsageError } from '../../client/usage-error.ts'
import type { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { type DeliveryFilters, filtersOf } from '../filters.ts'
import { type OutputFormat, warnLine } from '../output/print.ts'
import { requireDelivery } from '../relay/delivery-id.ts'
import { type RelayFlags, requireCluster, withRelay } from '../relay/options.ts'
import { deliveryTable } from './delivery-table.ts'
import { MOST_READ, placeOf, WATCH_EVERY_MS } from './limits.ts'
import { type ListForm, morePrinter, printList } from './print-list.ts'
import { type Selected, selectDeliveries } from './select-deliveries.ts'
import { eventFilters, isWanted, type Unrecorded, unrecordedOf } from './unrecorded-events.ts'
import { watchDeliveries } from './watch-deliveries.ts'

export interface GetDeliveriesFlags extends RelayFlags, DeliveryFilters {
  readonly namespace?: string
  readonly allNamespaces?: boolean
  readonly limit: number
  readonly output: OutputFormat
  readonly watch?: boolean
}

/** Most records that are looked at for what an Alert did not take: each is judged anew. */
const MOST_JUDGED = 2_000

/** Shows deliveries: those named, or the latest ones that the flags select. */
export async function getDeliveries(
  ids: readonly string[],
  flags: GetDeliveriesFlags,
): Promise<void> {
  if (ids.length > 0) assertNoFilter(flags)
  else requireCluster(flags)
  await withRelay(flags, async (api) => {
    // Opened before the list is asked for, so that nothing comes in between.
    const changes = flags.watch ? await api.deliveryChanges(filtersOf(flags)) : undefined
    try {
      const found = await (ids.length > 0 ? named(api, ids, flags) : latest(api, flags))
      const { deliveries, cut, more } = found
      await printList(deliveries, flags.output, FORM)
      if (more !== undefined) warnLine(more)
      if (cut !== undefined) warnLine(cut)
      if (flags.watch) await watch(api, flags, deliveries, changes)
    } finally {
      // An open connection would keep the process.
      changes?.close?.()
    }
  })
}

/** Checks that nothing is asked for that would not be looked at beside ids. Throws `UsageError`. */
function assertNoFilter(flags: GetDeliveriesFlags): void {
  const { cluster: _, ...filters } = filtersOf(flags)
  const others = (['namespace', 'watch'] as const).filter((name) => flags[name] !== undefined)
  const [first] = [...others, ...Object.keys(filters)]
  if (first !== undefined) throw new UsageError(`get deliveries: --${first} goes without ids`, 2)
}

const FORM: ListForm<Delivery> = { table: deliveryTable, none: 'No deliveries found.' }

/** Goes on until the process is ended. */
function watch(
  api: RelayClient,
  flags: GetDeliveriesFlags,
  known: readonly Delivery[],
  changes: DeliveryChanges | undefined,
): Promise<void> {
  return watchDeliveries(api, {
    filters: filtersOf(flags),
    namespace: flags.allNamespaces ? undefined : flags.namespace,
    known,
    changes,
    everyMs: WATCH_EVERY_MS,
    mostRead: MOST_READ[placeOf(flags)],
    onCut: (why) => warnLine(`not all that came is shown: ${why}`),
    onChange: morePrinter(known, flags.output, FORM),
  })
}

/** Deliveries, and what a person should know of those that are not recorded. */
interface Found extends Selected {
  readonly more?: string | undefined
}

async function named(
  api: RelayClient,
  ids: readonly string[],
  flags: GetDeliveriesFlags,
): Promise<Found> {
  const deliveries = ids.map((id) => requireDelivery(api, id, flags))
  return { deliveries: await Promise.all(deliveries), cut: undefined }
}

async function latest(api: RelayClient, flags: GetDeliveriesFlags): Promise<Found> {
  const selected = await selectDeliveries(api, {
    filters: filtersOf(flags),
    namespace: flags.allNamespaces ? undefined : flags.namespace,
    limit: flags.limit,
    mostRead: MOST_READ[placeOf(flags)],
  })
  const isNarrow = flags.alert !== undefined || flags.provider !== undefined
  return isNarrow ? withUnrecorded(api, flags, selected) : selected
}

/**
 * Adds the repeats that were recorded for all Alerts together and, when an Alert is named, the events that it did
 * not take.
 */
async function withUnrecorded(
  api: RelayClient,
  flags: GetDeliveriesFlags,
  { deliveries, cut }: Selected,
): Promise<Found> {
  const { limit } = flags
  const wanted = filtersOf(flags)
  try {
    const found = await unrecordedOf(api, {
      filters: eventFilters(wanted),
      isWanted: (delivery) => isWanted(delivery, wanted),
      limit,
      mostRead: MOST_JUDGED,
    })
    const all = [...deliveries, ...found.deliveries]
    all.sort((a, b) => Date.parse(b.acceptedAt) - Date.parse(a.acceptedAt))
    return { deliveries: all.slice(0, limit), cut, more: tellUnrecorded(found, flags) }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const more = `${soughtText(flags)} are not shown: ${error.message}`
    return { deliveries, cut, more }
  }
}

/** What is looked for beside the records of an Alert or a Provider. */
function soughtText({ alert }: DeliveryFilters): string {
  return alert === undefined
    ? 'repeats that were recorded for all Alerts together'
    : 'events that this Alert did not take'
}

/** Where a person finds more about what was found. */
function adviceText({ alert }: DeliveryFilters): string {
  return alert === undefined
    ? 'describe delivery ID tells more of each'
    : 'such rows have the id of the event: explain --event ID tells more'
}

function tellUnrecorded(
  { deliveries, events, reachedTime }: Unrecorded,
  filters: DeliveryFilters,
): string | undefined {
  if (deliveries.length === 0 && reachedTime === undefined) return undefined
  const looked = `the newest ${events} events were looked at for ${soughtText(filters)}`
  const back = reachedTime === undefined ? '' : `, back to ${reachedTime}`
  return `${looked}${back}; ${adviceText(filters)}`
}
