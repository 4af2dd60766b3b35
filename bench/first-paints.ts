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
export async function loadsInRunningBrowser(
  program: string,
  pages: readonly PaintedPage[],
  count: number,
): Promise<Loads> {
  const browser = await start(program)
  try {
    for (let turn = 0; turn < UNCOUNTED; turn += 1) await inTurns(pages, 1, browser)
    return await inTurns(pages, count, browser)
  } finally {
    await browser.close()
  }
}

/** Loads the pages in turns, each in a tab of its own that stays open and keeps what may be kept: style and script. */
export async function loadsInOpenTabs(
  program: string,
  pages: readonly PaintedPage[],
  count: number,
): Promise<Loads> {
  const browser = await start(program)
  try {
    const loads = new Map(pages.map(({ name }): [string, Load[]] => [name, []]))
    const tabs = await Promise.all(pages.map(() => openTab(browser)))
    for (let turn = 0; turn < UNCOUNTED + count; turn += 1) {
      for (const [index, { name, url }] of pages.entries()) {
        const tab = tabs[index]
        if (tab === undefined) continue
        const load = await loadIn(tab, url)
        if (turn >= UNCOUNTED) loads.get(name)?.push(load)
      }
    }
    return loads
  } finally {
    await browser.close()
  }
}

/** Loads the pages in turns, each time as the first page of a browser that has just started. */
export function loadsInNewBrowsers(
  program: string,
  pages: readonly PaintedPage[],
  count: number,
): Promise<Loads> {
  return inTurns(pages, count, program)
}

/** `where`: a browser that runs, or the program of one that is started for each load. */
async function inTurns(
  pages: readonly PaintedPage[],
  count: number,
  where: Browser | string,
): Promise<Loads> {
  const loads = new Map(pages.map(({ name }): [string, Load[]] => [name, []]))
  for (let turn = 0; turn < count; turn += 1) {
    for (const { name, url } of pages) {
      const browser = typeof where === 'string' ? await start(where) : where
      try {
        loads.get(name)?.push(await load(browser, url))
      } finally {
        if (browser !== where) await browser.close()
      }
    }
  }
  return loads
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
