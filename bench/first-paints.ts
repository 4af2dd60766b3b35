import { type Browser, chromium, type Page } from 'playwright-core'
import { CHROMIUM_FLAGS } from '../test/browser/chromium.ts'

/** A page that is loaded again and again. */
export interface PaintedPage {
  readonly name: string
  readonly url: string
}

/** When a load of a page had come so far, in milliseconds since it began. */
export interface Load {
  readonly firstByte: number
  /** The first text is on the screen: https://developer.mozilla.org/docs/Web/API/PerformancePaintTiming */
  readonly firstPaint: number
}

/** The loads of each page by its name, in the order in which they were made. */
export type Loads = ReadonlyMap<string, readonly Load[]>

/** Loads before those that count: a browser that has shown nothing yet has more to do. */
const UNCOUNTED = 3

/** Loads the pages in turns, each time as one who was never there, in a browser that runs. */
export function loadsInRunningBrowser(
  program: string,
  pages: readonly PaintedPage[],
  count: number,
): Promise<Loads> {
  return inBrowser(program, async (browser) => {
    await inTurns(pages, UNCOUNTED, ({ url }) => load(browser, url))
    return inTurns(pages, count, ({ url }) => load(browser, url))
  })
}

/** Loads the pages in turns, each in a tab of its own that stays open and keeps what may be kept: style and script. */
export function loadsInOpenTabs(
  program: string,
  pages: readonly PaintedPage[],
  count: number,
): Promise<Loads> {
  return inBrowser(program, async (browser) => {
    const tabs = new Map<PaintedPage, Page>()
    for (const page of pages) tabs.set(page, await openTab(browser))
    const loadAgain = (page: PaintedPage) => {
      const tab = tabs.get(page)
      if (tab === undefined) throw new Error(`no tab was opened for ${page.name}`)
      return loadIn(tab, page.url)
    }
    await inTurns(pages, UNCOUNTED, loadAgain)
    return inTurns(pages, count, loadAgain)
  })
}

/** Loads the pages in turns, each time as the first page of a browser that has just started. */
export function loadsInNewBrowsers(
  program: string,
  pages: readonly PaintedPage[],
  count: number,
): Promise<Loads> {
  return inTurns(pages, count, ({ url }) => inBrowser(program, (browser) => load(browser, url)))
}

async function inTurns(
  pages: readonly PaintedPage[],
  count: number,
  loadPage: (page: PaintedPage) => Promise<Load>,
): Promise<Loads> {
  const loads = new Map(pages.map(({ name }): [string, Load[]] => [name, []]))
  for (let turn = 0; turn < count; turn += 1) {
    for (const page of pages) loads.get(page.name)?.push(await loadPage(page))
  }
  return loads
}

async function inBrowser<T>(program: string, use: (browser: Browser) => Promise<T>): Promise<T> {
  const browser = await start(program)
  try {
    return await use(browser)
  } finally {
    await browser.close()
  }
}

function start(program: string): Promise<Browser> {
  return chromium.launch({ executablePath: program, args: [...CHROMIUM_FLAGS] })
}

async function load(browser: Browser, url: string): Promise<Load> {
  const tab = await openTab(browser)
  try {
    return await loadIn(tab, url)
  } finally {
    await tab.context().close()
  }
}

/** A tab of a person who was never there. */
async function openTab(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  return context.newPage()
}

async function loadIn(tab: Page, url: string): Promise<Load> {
  await tab.goto(url)
  return tab.evaluate<Load>(TIMES)
}

/** Runs in the page, which may have been loaded before it was painted. */
const TIMES = `new Promise((resolve) => {
  const [{ responseStart: firstByte }] = performance.getEntriesByType('navigation')
  new PerformanceObserver((list) => {
    const [paint] = list.getEntriesByName('first-contentful-paint')
    if (paint) resolve({ firstByte, firstPaint: paint.startTime })
  }).observe({ type: 'paint', buffered: true })
})`
