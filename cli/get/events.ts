import type { DeliveryChanges } from '../../client/delivery-changes.ts'
import type { RelayClient } from '../../client/relay-client.ts'
import { UsageError } from '../../client/usage-error.ts'
import type { ListedEvent } from '../../relay/api/schemas/event-list.ts'
import { type DeliveryFilters, filtersOf } from '../filters.ts'
import { formatDocument, type OutputFormat, print, warnLine } from '../output/print.ts'
import { type RelayFlags, requireCluster, withRelay } from '../relay/options.ts'
import { eventRows, eventTable } from './event-table.ts'
import { MOST_ALIGNED, MOST_READ, placeOf, WATCH_EVERY_MS } from './limits.ts'
import { selectEvents } from './select-events.ts'
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
    const mostRead = MOST_READ[placeOf(flags)]
    const { events, cut } = await selectEvents(api, { filters, limit: flags.limit, mostRead })
    if (flags.event !== undefined && events.length === 0 && !flags.watch) {
      throw new UsageError(missingText(flags.event, cut), 1)
    }
    await show(events, flags.output)
    if (cut !== undefined) warnLine(cut)
    if (flags.watch) await watch(api, flags, events, changes)
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

/** Goes on until the process is ended. What changed is printed in the form of the list, without its heading. */
function watch(
  api: RelayClient,
  flags: GetEventsFlags,
  known: readonly ListedEvent[],
  changes: DeliveryChanges | undefined,
): Promise<void> {
  const { output } = flags
  let before = known.slice(0, MOST_ALIGNED)
  return watchEvents(api, {
    filters: filtersOf(flags),
    known,
    changes,
    everyMs: WATCH_EVERY_MS[placeOf(flags)],
    async onChange(events) {
      if (output === 'json' || output === 'yaml' || before.length === 0) await show(events, output)
      else print(eventRows(events, before, output === 'wide'))
      before = [...before, ...events].slice(-MOST_ALIGNED)
    },
  })
}

async function show(events: readonly ListedEvent[], output: OutputFormat): Promise<void> {
  if (output === 'json' || output === 'yaml') return print(await formatDocument(events, output))
  if (events.length === 0) return warnLine('No events found.')
  print(eventTable(events, output === 'wide'))
}
