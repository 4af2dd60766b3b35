import type { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { alertName, providerName } from '../deliveries-table.ts'
import { filtersOf } from '../delivery-filters.ts'
import { findDeliveries } from '../delivery-search.ts'
import { textField } from '../fields.ts'
import type { Asked, ConsolePage } from '../page.ts'

/** The most deliveries of a file; each may have a message of 39,000 characters. */
const MOST_EXPORTED = 1_000

/** The deliveries that fit the filters of the address, as the API has them. */
export const jsonExport: ConsolePage = {
  path: '/console/deliveries.json',
  async show(asked) {
    const text = JSON.stringify(await exported(asked), undefined, 2)
    return { fileName: 'deliveries.json', contentType: 'application/json', text }
  },
}

/** The same as a table for a spreadsheet. */
export const csvExport: ConsolePage = {
  path: '/console/deliveries.csv',
  async show(asked) {
    const rows = (await exported(asked)).map((delivery) =>
      COLUMNS.map(([, textOf]) => csvField(textOf(delivery))).join(','),
    )
    const head = COLUMNS.map(([title]) => title).join(',')
    const text = `${[head, ...rows].join('\r\n')}\r\n`
    return { fileName: 'deliveries.csv', contentType: 'text/csv; charset=utf-8', text }
  },
}

const COLUMNS: ReadonlyArray<readonly [string, (delivery: Delivery) => string]> = [
  ['acceptedAt', ({ acceptedAt }) => acceptedAt],
  ['cluster', ({ cluster }) => cluster],
  ['object', ({ object }) => object],
  ['severity', ({ event }) => textField(event, 'severity')],
  ['eventReason', ({ event }) => textField(event, 'reason')],
  ['message', ({ event }) => textField(event, 'message')],
  ['alert', alertName],
  ['provider', providerName],
  ['outcome', ({ outcome }) => outcome],
  ['reason', ({ reason }) => reason],
  ['tries', ({ tries = 0 }) => String(tries)],
  ['id', ({ id }) => id],
]

async function exported({ relay, query }: Asked): Promise<readonly Delivery[]> {
  const filters = filtersOf(query)
  const deliveries: Delivery[] = []
  let cursor: string | undefined
  do {
    const found = await findDeliveries(relay, filters, cursor)
    deliveries.push(...found.deliveries)
    cursor = found.gaveUpAt === undefined ? found.older : undefined
  } while (cursor !== undefined && deliveries.length < MOST_EXPORTED)
  return deliveries.slice(0, MOST_EXPORTED)
}

/**
 * A field by RFC 4180. A spreadsheet would compute what begins like a formula, and an event may say
 * anything, so such a text gets an apostrophe.
 */
function csvField(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}
