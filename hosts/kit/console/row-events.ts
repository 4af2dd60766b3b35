import { deliveryRow, leftRow, type RowOptions } from '../../../console/deliveries-table.ts'
import type { Delivery, DeliveryLeft } from '../../../relay/api/schemas/deliveries.ts'

/** The event of a row that came or changed, for the console's list. A browser that comes back goes on after `position`. */
export function rowEvent(delivery: Delivery, options: RowOptions, position?: string): string {
  return namedEvent('row', deliveryRow(delivery, options).toString().trimEnd(), position)
}

/** The event of a row that changed and does not fit the filters of the list now. The position is as that of `rowEvent`. */
export function rowLeftEvent(left: DeliveryLeft, position?: string): string {
  return namedEvent('left', leftRow(left).toString().trimEnd(), position)
}

/** The event that says that rows may be missing, so that the list has to be loaded anew. */
export const ROWS_MISSED: string = namedEvent('missed', '')

/** The event that says why nothing can be told of, as people read it; an empty text ends that. */
export function troubleEvent(text: string): string {
  return namedEvent('trouble', text)
}

/**
 * A Server-Sent Event. Each line of its data is a field of its own, which the reader joins:
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
function namedEvent(name: string, data: string, position?: string): string {
  const id = position === undefined ? '' : `id: ${position}\n`
  const lines = data.replaceAll(/\r\n|\r|\n/g, '\ndata: ')
  return `${id}event: ${name}\ndata: ${lines}\n\n`
}
