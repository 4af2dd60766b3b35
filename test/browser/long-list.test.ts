import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startConsole } from '../support/console.ts'
import { deliveryRecord, event } from '../support/delivery-records.ts'
import { openPage, startBrowser, stopBrowser, violations } from './browser.ts'
import { CHROMIUM } from './chromium.ts'
import { idOf, ordinaryRecords } from './seed.ts'

/** As many as push earlier ones out of a list that began with 100 of 120. */
const ARRIVALS = 110

describe.skipIf(CHROMIUM === undefined)('a list that grows long in Chromium', () => {
  beforeAll(startBrowser)
  afterAll(stopBrowser)

  it('leads to every delivery that it had to let go', async () => {
    const { origin, ports, feed } = await startConsole()
    ports.clock.set(Date.now())
    ports.ledger.put(...ordinaryRecords(Date.now(), 120))
    const page = await openPage(`${origin}/console/deliveries`)
    await page.waitForSelector('text="● Live"')
    const older = page.locator('.pager [rel=next]')
    expect(await older.isVisible()).toBe(true)
    const rows = page.locator('tbody#rows tr')
    const last = await rows.last().getAttribute('id')

    for (let index = 0; index < ARRIVALS; index += 1) {
      const id = idOf(`arrival ${index}`)
      const acceptedAt = ports.clock.now() + index
      const record = deliveryRecord({ id, event: event(`new-${index}`), acceptedAt })
      ports.ledger.put(record)
      feed.changed(record, true)
    }
    await page.waitForSelector(`#d-${idOf(`arrival ${ARRIVALS - 1}`)}`)
    expect(await rows.count()).toBe(200)
    expect(await page.locator(`#${last}`).count()).toBe(0)
    // What it had begins after what left the list, so its link would leave those out.
    expect(await older.isVisible()).toBe(false)
    expect(await violations(page)).toEqual([])

    await page.click('text="Load the list anew for older ones"')
    await page.waitForSelector('.pager [rel=next]')
    await older.click()
    await page.waitForSelector('text="Latest"')
    expect(await rows.count()).toBe(100)
    await older.click()
    await page.waitForSelector(`#${last}`)
  })
})
