import { filtersOf } from '../../console/delivery-filters.ts'
import type { ConsoleRelay } from '../../console/relay.ts'
import { liveRows } from '../../hosts/embedded/live-rows.ts'
import type { ConsoleParts } from '../../hosts/kit/console/routes.ts'
import { troubleEvent } from '../../hosts/kit/console/row-events.ts'
import { DeliveriesPage } from '../../relay/api/schemas/deliveries.ts'
import { jsonValue } from '../../relay/model/json-value.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import { createLedgerFeed, type LedgerFeed } from '../relay/ledger-feed.ts'
import type { TailSource } from '../relay/tail-look.ts'

/** What is asked on the beat: the ledger of each cluster, and the list that a page begins with. */
export interface PolledRelay extends Pick<ConsoleRelay, 'listDeliveries'> {
  tailOf(cluster: string): TailSource
}

/** A list that tells its feed what it shows, and the rows that come after it. */
export interface PolledRows extends Pick<ConsoleRelay, 'listDeliveries'> {
  readonly live: ConsoleParts['live']
}

/**
 * The rows of the console's list where a relay tells of no changes: its ledger is asked on a beat, once for all pages
 * of a cluster. `cluster`: where a list names none.
 */
export function polledRows(relay: PolledRelay, clock: Clock, cluster: string): PolledRows {
  const opened = new Map<string, OpenCluster>()
  const open = (name = cluster) => {
    const known = opened.get(name) ?? openCluster(relay.tailOf(name), clock)
    opened.set(name, known)
    return known
  }
  return {
    async listDeliveries(parameters) {
      const answer = await relay.listDeliveries(parameters)
      const page = DeliveriesPage.safeParse(jsonValue(String(answer.body)))
      if (page.success) {
        const { feed } = open(parameters.get('cluster') ?? undefined)
        feed.shown(page.data, !parameters.has('cursor'))
      }
      return answer
    },
    async live(request, isSelectable) {
      const { feed, rows } = open(filtersOf(new URLSearchParams(request.query)).get('cluster'))
      const answer = await rows(request, isSelectable)
      if (answer.stream === undefined) return answer
      return { ...answer, stream: withTrouble(answer.stream, feed) }
    },
  }
}

interface OpenCluster {
  readonly feed: LedgerFeed
  readonly rows: ConsoleParts['live']
}

function openCluster(source: TailSource, clock: Clock): OpenCluster {
  const feed = createLedgerFeed({ source, clock })
  const show = async (id: string) => (await source.read([id]))[0]
  return { feed, rows: liveRows({ ports: { ledger: { show }, clock }, feed }) }
}

/** The stream, with what keeps the ledger from being asked between its parts. */
function withTrouble(
  stream: ReadableStream<Uint8Array>,
  feed: Pick<LedgerFeed, 'onTrouble'>,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  let end: () => void = () => undefined
  return new ReadableStream(
    {
      start(controller) {
        end = feed.onTrouble((text) => controller.enqueue(Buffer.from(troubleEvent(text))))
      },
      async pull(controller) {
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        end()
        controller.close()
      },
      cancel(reason) {
        end()
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
