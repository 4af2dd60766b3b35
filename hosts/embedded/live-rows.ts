import { filtersOf } from '../../console/delivery-filters.ts'
import { deliveryView } from '../../relay/api/delivery-view.ts'
import type { ConsoleParts } from '../kit/console/routes.ts'
import { ROWS_MISSED, rowEvent } from '../kit/console/row-events.ts'
import { type StreamRouteParts, streamOpener } from './routes/delivery-stream.ts'
import type { StreamFormat } from './server-sent-events.ts'

/** Streams the rows of the console's list, by the same filters as the list. */
export function liveRows(parts: StreamRouteParts): ConsoleParts['live'] {
  const openWith = (isSelectable: boolean) =>
    streamOpener(parts, rowsFormat(parts, isSelectable), true)
  const [plain, selectable] = [openWith(false), openWith(true)]
  return (request, isSelectable) => {
    const query = new URLSearchParams([...filtersOf(new URLSearchParams(request.query))])
    const open = isSelectable ? selectable : plain
    return open({ query: query.toString(), headers: request.headers })
  }
}

function rowsFormat({ ports }: StreamRouteParts, isSelectable: boolean): StreamFormat {
  return {
    delivery: (record, position) =>
      rowEvent(deliveryView(record), { now: ports.clock.now(), isSelectable }, position),
    missed: ROWS_MISSED,
  }
}
