import { DeliveriesPage, type Delivery } from '../../relay/api/schemas/deliveries.ts'
import { read } from '../answers.ts'
import { alertName, providerName } from '../deliveries-table.ts'
import { listFiltersOf } from '../delivery-filters.ts'
import { textField } from '../fields.ts'
import type { Asked, ConsolePage } from '../page.ts'

/** Deliveries of one question to the relay, the most that it answers. */
const PAGE_SIZE = 200

/** The most records that are looked at for a file: with a text to search for, far fewer are in it. */
const MOST_LOOKED_AT = 100_000

/** The deliveries that fit the filters of the address, as the API has them. */
export const jsonExport: ConsolePage = {
  path: '/console/deliveries.json',
  async show(asked) {
    const text = jsonText(await exported(asked))
    return { fileName: 'deliveries.json', contentType: 'application/json', text }
  },
}

/** The same as a table for a spreadsheet. */
export const csvExport: ConsolePage = {
  path: '/console/deliveries.csv',
  async show(asked) {
    const text = csvText(await exported(asked))
    return { fileName: 'deliveries.csv', contentType: 'text/csv; charset=utf-8', text }
  },
}

type Pages = AsyncIterable<readonly Delivery[]>

async function* jsonText(pages: Pages): AsyncIterable<string> {
  let separator = '[\n'
  for await (const deliveries of pages) {
    if (deliveries.length === 0) continue
    yield separator + deliveries.map((it) => JSON.stringify(it)).join(',\n')
    separator = ',\n'
  }
  yield separator === ',\n' ? '\n]\n' : '[]\n'
}

async function* csvText(pages: Pages): AsyncIterable<string> {
  yield csvRow(COLUMNS.map(([title]) => title))
  for await (const deliveries of pages) {
    yield deliveries
      .map((delivery) => csvRow(COLUMNS.map(([, textOf]) => csvField(textOf(delivery)))))
      .join('')
  }
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

/** The deliveries of a file, page by page. The first page is read at once, so that a refusal is a page and no file. */
async function exported({ relay, query }: Asked): Promise<Pages> {
  const asked = new URLSearchParams([...listFiltersOf(query), ['limit', String(PAGE_SIZE)]])
  const page = async () => read(DeliveriesPage, await relay.listDeliveries(asked))
  const first = await page()
  return (async function* () {
    let { deliveries, nextCursor } = first
    yield deliveries
    for (let looked = PAGE_SIZE; looked < MOST_LOOKED_AT; looked += PAGE_SIZE) {
      if (nextCursor === undefined) return
      asked.set('cursor', nextCursor)
      ;({ deliveries, nextCursor } = await page())
      yield deliveries
    }
  })()
}

function csvRow(fields: readonly string[]): string {
  return `${fields.join(',')}\r\n`
}

/**
 * A field by RFC 4180. A spreadsheet would compute what begins like a formula, and an event may say
 * anything, so such a text gets an apostrophe.
 */
function csvField(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}
