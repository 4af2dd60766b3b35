import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startConsole } from '../support/console.ts'
import { deliveryRecord, event, type RecordChanges } from '../support/delivery-records.ts'
import { TOKENS, VIEWER } from '../support/embedded-server.ts'
import { openPage, startBrowser, stopBrowser, violations } from './browser.ts'
import { CHROMIUM } from './chromium.ts'
import { idOf, ordinaryRecords } from './seed.ts'

async function seeded(tokens?: typeof TOKENS) {
  const started = await startConsole(tokens)
  const { ports, feed } = started
  ports.clock.set(Date.now())
  ports.ledger.put(...ordinaryRecords(Date.now()))
  const arrive = (name: string, changes: RecordChanges = {}) => {
    const times = { acceptedAt: ports.clock.now() }
    const record = deliveryRecord({ id: idOf(name), event: event(name), ...times, ...changes })
    ports.ledger.put(record)
    feed.changed(record, true)
  }
  return { ...started, arrive }
}

describe.skipIf(CHROMIUM === undefined)('a list with filters in Chromium', () => {
  beforeAll(startBrowser)
  afterAll(stopBrowser)

  it('shows nothing that arrived by other filters while it was paused', async () => {
    const { origin, arrive } = await seeded()
    const page = await openPage(`${origin}/console/deliveries`)
    await page.waitForSelector('text="● Live"')
    await page.click('text="Pause"')
    arrive('first')
    await page.waitForSelector('text="1 new"')
    await page.check('input[name=outcome][value=dead]')
    await page.waitForURL(/outcome=dead/)
    await page.waitForSelector('text="Paused"')
    await page.waitForSelector('[data-arrived]', { state: 'hidden' })
    arrive('dead', { outcome: 'dead' })
    await page.waitForSelector('text="1 new"')
    await page.click('text="Go on"')
    await page.waitForSelector(`tbody#rows tr:first-child#d-${idOf('dead')}`)
    const outcomes = await page.locator('tbody#rows .outcome').allTextContents()
    expect(new Set(outcomes)).toEqual(new Set(['✕ dead']))
  })

  it('stays while the relay cannot answer, and says so', async () => {
    const { origin, ports, arrive } = await seeded()
    const page = await openPage(`${origin}/console/deliveries`, { mayFail: /status of 500/ })
    await page.waitForSelector('text="● Live"')
    await page.click('text="Pause"')
    arrive('first')
    await page.waitForSelector('text="1 new"')
    const { list } = ports.ledger
    ports.ledger.list = () => Promise.reject(new Error('disk on fire'))
    await page.check('input[name=outcome][value=dead]')
    const bar = page.locator('[data-bar]:not([hidden])')
    expect(await bar.textContent()).toBe('The relay could not answer; its log says why.')
    expect(await page.locator('tbody#rows tr').count()).toBe(40)
    expect(await page.textContent('[data-arrived]')).toBe('1 new')
    ports.ledger.list = list
    await page.check('input[name=outcome][value=retry]')
    await page.waitForSelector('text=/^1\\d deliveries, the latest first/')
    await page.waitForSelector('[data-bar]', { state: 'hidden' })
  })

  it('asks for a token once the session has ended', async () => {
    const { origin } = await seeded(TOKENS)
    const page = await openPage(`${origin}/console/deliveries`)
    await page.fill('#token', VIEWER)
    await page.click('text="Log in" >> nth=-1')
    await page.waitForSelector('text="● Live"')
    await page.context().clearCookies()
    // `check` would look at the box once more, which may have gone with its page by then.
    await page.click('input[name=outcome][value=dead]')
    await page.waitForSelector('#token')
  })

  it('fills itself with the first that fits', async () => {
    const { origin, arrive } = await seeded()
    const page = await openPage(`${origin}/console/deliveries?object=Kustomization/apps/late`)
    await page.waitForSelector('text="● Live"')
    expect(await violations(page)).toEqual([])
    arrive('other')
    arrive('late', { event: LATE })
    await page.waitForSelector(`tbody#rows tr#d-${idOf('late')}`)
    expect(await page.locator('tbody#rows tr').count()).toBe(1)
  })
})

const LATE = {
  ...event(),
  involvedObject: { ...event().involvedObject, namespace: 'apps', name: 'late' },
}
