import type { DeliveryChanges } from '../../client/delivery-changes.ts'
import type { RelayClient } from '../../client/relay-client.ts'
import { UsageError } from '../../client/usage-error.ts'
import type { ListedEvent } from '../../relay/api/schemas/event-list.ts'
import { type DeliveryFilters, filtersOf } from '../filters.ts'
import { type OutputFormat, warnLine } from '../output/print.ts'
import { type RelayFlags, requireCluster, withRelay } from '../relay/options.ts'
import { eventTable } from './event-table.ts'
import { MOST_READ, placeOf, WATCH_EVERY_MS } from './limits.ts'
import { type ListForm, morePrinter, printList } from './print-list.ts'
import { type SelectedEvents, selectEvents } from './select-events.ts'
import { unreadableText } from './unreadable-records.ts'
import { watchEvents } from './watch-events.ts'

export interface GetEventsFlags
  extends RelayFlags,
    Omit<DeliveryFilters, 'outcome' | 'alert' | 'provider'> {
  readonly limit: number
  readonly output: OutputFormat
  readonly watch?: boolean
}

/** Shows the latest events that the flags select, and what became of each. */
export async function getEvents(flags: GetEventsFlags): Promise<void> {
  requireCluster(flags)
  const filters = filtersOf(flags)
  await withRelay(flags, async (api) => {
    // Opened before the list is asked for, so that nothing comes in between.
    const changes = flags.watch ? await api.deliveryChanges(streamFilters(filters)) : undefined
    try {
      const mostRead = MOST_READ[placeOf(flags)]
      const { events, cut, unreadable } = await selectEvents(api, {
        filters,
        limit: flags.limit,
        mostRead,
      })
      const lost = unreadable === 0 ? undefined : unreadableText(unreadable)
      if (flags.event !== undefined && events.length === 0 && !flags.watch) {
        if (lost !== undefined) warnLine(lost)
        throw new UsageError(missingText(flags.event, cut), 1)
      }
      await printList(events, flags.output, FORM)
      if (cut !== undefined) warnLine(cut)
      if (lost !== undefined) warnLine(lost)
      if (flags.watch) await watch(api, flags, { events, unreadable }, changes)
    } finally {
      // An open connection would keep the process.
      changes?.close?.()
    }
  })
}

function missingText(event: string, cut: string | undefined): string {
  const missing = `there is no event ${event}`
  return cut === undefined ? missing : `${missing} here: ${cut}`
}

/** Of deliveries the text may also be in what became of them. So the stream is for all, and is looked through. */
function streamFilters(
  filters: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const { text: _, ...rest } = filters
  return rest
}

const FORM: ListForm<ListedEvent> = { table: eventTable, none: 'No events found.' }

/** Goes on until the process is ended. */
function watch(
  api: RelayClient,
  flags: GetEventsFlags,
  { events: known, unreadable }: Pick<SelectedEvents, 'events' | 'unreadable'>,
  changes: DeliveryChanges | undefined,
): Promise<void> {
  return watchEvents(api, {
    filters: filtersOf(flags),
    ...{ known, unreadable },
    changes,
    everyMs: WATCH_EVERY_MS,
    mostRead: MOST_READ[placeOf(flags)],
    onCut: (why) => warnLine(`not all that came is shown: ${why}`),
    onUnreadable: (count) => warnLine(unreadableText(count)),
    onChange: morePrinter(known, flags.output, FORM),
  })
}
