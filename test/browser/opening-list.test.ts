import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startConsole } from '../support/console.ts'
import { deliveryRecord } from '../support/delivery-records.ts'
import { TOKENS, VIEWER } from '../support/embedded-server.ts'
import { openPage, startBrowser, stopBrowser } from './browser.ts'
import { CHROMIUM } from './chromium.ts'
import { idOf, ordinaryRecords } from './seed.ts'

describe.skipIf(CHROMIUM === undefined)('a list that opens in Chromium', () => {
  beforeAll(startBrowser)
  afterAll(stopBrowser)

  it('shows what came while it was on its way', async () => {
    const { origin, feed, ports } = await startConsole()
    ports.clock.set(Date.now())
    ports.ledger.put(...ordinaryRecords(Date.now()))
    const page = await openPage('about:blank')
    // The list was read before its answer begins.
    page.once('response', () => {
      const late = deliveryRecord({ id: idOf('late'), acceptedAt: ports.clock.now() })
      ports.ledger.put(late)
      feed.changed(late, true)
    })
    await page.goto(`${origin}/console/deliveries`)
    await page.waitForSelector(`tbody#rows tr:first-child#d-${idOf('late')}`)
    expect(await page.locator('tbody#rows tr').count()).toBe(41)
  })

  it.each([
    ['the relay has no place', { status: 503, body: '{}' }],
    ['the connection breaks', undefined],
  ])('follows what comes later where at first %s', async (_, answer) => {
    const { origin, feed, ports } = await startConsole()
    ports.clock.set(Date.now())
    ports.ledger.put(...ordinaryRecords(Date.now()))
    const page = await openPage('about:blank', {
      mayFail: /503|ERR_CONNECTION_RESET|Failed to fetch/,
    })
    await page.route('**/console/deliveries/live?*', (route) =>
      answer ? route.fulfill(answer) : route.abort('connectionreset'),
    )
    await page.goto(`${origin}/console/deliveries`)
    await page.waitForSelector('text="○ Not live"')
    const bar = page.locator('[data-bar]')
    expect(await bar.textContent()).toBe('The list cannot follow what comes; trying again.')
    await page.unroute('**/console/deliveries/live?*')
    const late = deliveryRecord({ id: idOf('late'), acceptedAt: ports.clock.now() })
    ports.ledger.put(late)
    await page.waitForSelector('text="● Live"')
    expect(await bar.isVisible()).toBe(false)
    await page.waitForSelector(`#d-${late.id}`)
    feed.changed({ ...late, status: { kind: 'final', outcome: 'dead', reason: 'at last' } })
    await page.waitForSelector(`#d-${late.id} >> text="at last"`)
  })

  it('asks for a token where the session ended on its way', async () => {
    const { origin, ports } = await startConsole(TOKENS)
    ports.clock.set(Date.now())
    ports.ledger.put(...ordinaryRecords(Date.now()))
    const page = await openPage(`${origin}/console/deliveries`)
    await page.fill('#token', VIEWER)
    await page.route('**/console/deliveries/live?*', async (route) => {
      await page.context().clearCookies()
      await route.fulfill({ status: 401, body: 'log in' })
    })
    const opened = page.waitForResponse('**/console/deliveries')
    await page.click('text="Log in" >> nth=-1')
    expect((await opened).status()).toBe(200)
    await page.waitForSelector('#token')
  })
})
