import { filtersOf } from '../../console/delivery-filters.ts'
import { leftView, listedView } from '../../relay/api/delivery-view.ts'
import type { HttpHeaders } from '../../relay/api/http.ts'
import type { ConsoleParts } from '../kit/console/routes.ts'
import { ROWS_MISSED, rowEvent, rowLeftEvent } from '../kit/console/row-events.ts'
import { type StreamRouteParts, streamOpener } from './routes/delivery-stream.ts'
import type { StreamFormat } from './server-sent-events.ts'

/** Streams the rows of the console's list, by the same filters as the list. */
export function liveRows(parts: StreamRouteParts): ConsoleParts['live'] {
  const openWith = (isSelectable: boolean) =>
    streamOpener(parts, rowsFormat(parts, isSelectable), true)
  const [plain, selectable] = [openWith(false), openWith(true)]
  return (request, isSelectable) => {
    const asked = new URLSearchParams(request.query)
    const query = new URLSearchParams([...filtersOf(asked)])
    const open = isSelectable ? selectable : plain
    const headers = { ...positionOf(asked, parts), ...request.headers }
    return open({ query: query.toString(), headers })
  }
}

/**
 * The position of the list, for a browser that was told nothing yet. One that is not known any more is left out: the list
 * would be loaded anew, and where much changes soon be as late again.
 */
function positionOf(asked: URLSearchParams, { feed }: Pick<StreamRouteParts, 'feed'>): HttpHeaders {
  const position = asked.get('after') ?? ''
  return feed.changedSince(position) === undefined ? {} : { 'last-event-id': position }
}

function rowsFormat({ ports }: StreamRouteParts, isSelectable: boolean): StreamFormat {
  return {
    delivery: (record, position) =>
      rowEvent(listedView(record), { now: ports.clock.now(), isSelectable }, position),
    left: (record, position) => rowLeftEvent(leftView(record), position),
    missed: ROWS_MISSED,
  }
}
