import type { LedgerRecord } from '../../relay/model/delivery.ts'
import { CHROMIUM } from '../../test/browser/chromium.ts'
import { ordinaryRecord } from '../../test/browser/seed.ts'
import { fillLedger } from '../filled-ledger.ts'
import {
  type Load,
  type Loads,
  loadsInNewBrowsers,
  loadsInOpenTabs,
  loadsInRunningBrowser,
} from '../first-paints.ts'
import type { Bench } from '../processes.ts'
import { startRelayProcess } from '../relay-process.ts'
import { formatNumber, type Outcome, type Row } from '../report.ts'
import { median, type Scale, type Scenario } from '../scenario.ts'

const RECORDS = 1_000_000
const LOADS = 20
const NEW_BROWSERS = 8
const PATH = '/console/deliveries'

/** Pages that the relay has shown before: one that has shown none yet compiles what it needs. */
const SHOWN_BEFORE = 100

export const firstPaint: Scenario = {
  name: 'first-paint',
  about: "first paint of the console's Deliveries with 1,000,000 records, beside the same files",
  measure: measureFirstPaint,
}

async function measureFirstPaint(bench: Bench, { divisor }: Scale): Promise<Outcome> {
  if (CHROMIUM === undefined) return { rows: [], skipped: 'skipped: there is no Chromium' }
  const count = Math.ceil(RECORDS / divisor)
  const data = await fillLedger(bench, records(count))
  const relay = await startRelayProcess(bench, { destinations: [], data })
  for (let shown = 0; shown < SHOWN_BEFORE; shown += 1) await textOf(relay.url + PATH)
  const pages = [
    { name: 'relay', url: relay.url + PATH },
    { name: 'copy', url: await serveCopy(bench, relay.url) },
  ]
  const running = await loadsInRunningBrowser(CHROMIUM, pages, LOADS)
  const open = await loadsInOpenTabs(CHROMIUM, pages, LOADS)
  const started = await loadsInNewBrowsers(CHROMIUM, pages, NEW_BROWSERS)
  return {
    details: {
      open: Object.fromEntries(open),
      running: Object.fromEntries(running),
      started: Object.fromEntries(started),
    },
    rows: [
      row(`first paint of 100 of ${count} deliveries, in a tab that shows the console`, open),
      row('the same for one who was never there, in a browser that runs', running),
      row('the same as the first page of a browser', started),
    ],
  }
}

/** Records of the last days, the latest first. Only some of the first hundred wait, and long. */
function* records(count: number): Iterable<LedgerRecord> {
  const now = Date.now()
  for (let index = 0; index < count; index += 1) {
    const acceptedAt = now - index * 1_000
    const order = `${String(acceptedAt).padStart(15, '0')}.${String(count - index).padStart(40, '0')}`
    const dueAt = now + 24 * 3_600_000
    const times = { order, acceptedAt, createdAt: acceptedAt, updatedAt: acceptedAt, dueAt }
    const record = ordinaryRecord(index, now, times)
    const isLate = index >= 100 && record.status.kind === 'waiting'
    yield isLate ? ordinaryRecord(index, now, { ...times, outcome: 'delivered' }) : record
  }
}

/** What a page tells the browser of itself beside its type: for another opener policy it begins a process. */
const PAGE_HEADERS = /^(?:content-security|cross-origin|referrer)-/

/** Serves the page, its style and its script as they are, by node:http alone. Gives the page's URL. */
async function serveCopy(bench: Bench, origin: string): Promise<string> {
  const answer = await fetch(origin + PATH)
  const policies = [...answer.headers].filter(([name]) => PAGE_HEADERS.test(name))
  const page = await answer.text()
  const files = new Map([[PATH, { type: 'text/html', body: Buffer.from(page) }]])
  for (const [, path = ''] of page.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/g)) {
    const type = path.endsWith('.css') ? 'text/css' : 'text/javascript'
    files.set(path, { type, body: Buffer.from(await textOf(origin + path)) })
  }
  const url = await bench.listen((request, response) => {
    const file = files.get(request.url ?? '')
    if (file === undefined) {
      // What the page follows live, of which nothing comes.
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    } else {
      const type = `${file.type}; charset=utf-8`
      const headers = { 'content-type': type, 'content-length': file.body.length }
      response.writeHead(200, { ...Object.fromEntries(policies), ...headers })
      response.end(file.body)
    }
  })
  return new URL(PATH, url).href
}

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text()
}

function row(measure: string, loads: Loads): Row {
  const [relay = [], copy = []] = ['relay', 'copy'].map((name) => loads.get(name))
  const value = median(relay.map(paintOf))
  const beside = `${spread(relay)} beside ${spread(copy)} ms of the same files by node:http`
  return { measure, measured: beside, value, target: { atMost: 100, unit: 'ms' } }
}

function paintOf({ firstPaint }: Load): number {
  return firstPaint
}

/** The median, and how far the loads are apart. */
function spread(loads: readonly Load[]): string {
  const paints = loads.map(paintOf)
  const [least, most] = [Math.min(...paints), Math.max(...paints)].map(formatNumber)
  return `${formatNumber(median(paints))} (${least} to ${most})`
}
