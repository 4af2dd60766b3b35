import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startConsole } from '../support/console.ts'
import { deliveryRecord } from '../support/delivery-records.ts'
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
})
