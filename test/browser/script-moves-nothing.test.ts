import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startConsole } from '../support/console.ts'
import { TOKENS, VIEWER } from '../support/embedded-server.ts'
import { openPage, startBrowser, stopBrowser } from './browser.ts'
import { CHROMIUM } from './chromium.ts'
import { idOf, ordinaryRecords } from './seed.ts'

const DELIVERY = idOf('delivery 3')
const EVENT = idOf('event 1')

describe.skipIf(CHROMIUM === undefined)('the script of the console', () => {
  beforeAll(startBrowser)
  afterAll(stopBrowser)

  const pages = ['deliveries', `deliveries/${DELIVERY}`, 'events', `events/${EVENT}`, 'overview']
  const wide = [...pages, 'providers', 'try', 'clusters'].map((page) => [page, 1280] as const)
  const narrow = pages.map((page) => [page, 320] as const)
  it.each([...wide, ...narrow])('moves nothing of %s at %i pixels', async (path, width) => {
    const { origin, ports } = await startConsole()
    ports.clock.set(Date.now())
    ports.ledger.put(...ordinaryRecords(Date.now(), 120))
    const page = await openPage('about:blank', { width })
    expect(await movedByScript(page, `${origin}/console/${path}`)).toEqual([])
  })

  it('moves nothing for a viewer, who has no buttons', async () => {
    const { origin, ports } = await startConsole(TOKENS)
    ports.clock.set(Date.now())
    ports.ledger.put(...ordinaryRecords(Date.now(), 120))
    const page = await openPage(`${origin}/console/deliveries`)
    await page.fill('#token', VIEWER)
    await page.click('text="Log in" >> nth=-1')
    await page.waitForSelector('text="● Live"')
    expect(await movedByScript(page, `${origin}/console/deliveries`)).toEqual([])
  })
})

/** Loads a page, whose script comes when all of it was painted. Gives what moved then, with how much of the window that was. */
async function movedByScript(page: Page, url: string): Promise<readonly string[]> {
  const painted = Promise.withResolvers<void>()
  await page.route('**/console/assets/*.js', async (route) => {
    await painted.promise
    await route.continue()
  })
  await page.goto(url, { waitUntil: 'commit' })
  await page.waitForSelector('#keys', { state: 'attached' })
  await page.evaluate(WATCH)
  painted.resolve()
  await page.waitForSelector('[data-clock]')
  if (url.endsWith('/deliveries')) await page.waitForSelector('text="● Live"')
  return page.evaluate<string[]>(MOVED)
}

/** Runs in the page, and notes from the frame after the next one what moves. */
const WATCH = `(async () => {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
  await frame()
  await frame()
  window.moved = []
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      moved.push(value + ': ' + sources.map(({ node }) => node?.outerHTML?.slice(0, 60)).join(', '))
    }
  }).observe({ type: 'layout-shift' })
})()`

/** Runs in the page. What moves is told after the frame in which it did. */
const MOVED = 'new Promise((resolve) => setTimeout(() => resolve(moved), 300))'
