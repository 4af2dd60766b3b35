import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startConsole } from '../support/console.ts'
import { deliveryRecord, event } from '../support/delivery-records.ts'
import { OPERATOR, TOKENS, VIEWER } from '../support/embedded-server.ts'
import { waitFor } from '../support/wait-for.ts'
import { openPage, rolesIn, startBrowser, stopBrowser, violations } from './browser.ts'
import { CHROMIUM } from './chromium.ts'
import { idOf, ordinaryRecords } from './seed.ts'

/** What an event could say to become more than text. */
const EVIL = `<img src=x onerror=alert(1)><script>alert(2)</script>"' javascript:alert(3)`

/** Hebrew with a mark that turns what follows around. */
const RIGHT_TO_LEFT = 'הבדיקה נכשלה \u202Ereversed\u202C'

/** An Alert that takes the event of the example. */
const ALERT = `kind: Alert
metadata: {name: mine, namespace: flux-system}
spec:
  eventSources: [{kind: Kustomization, name: '*'}]
  providerRef: {name: slack}`

async function seeded() {
  const started = await startConsole()
  started.ports.clock.set(Date.now())
  started.ports.ledger.put(...ordinaryRecords(Date.now()))
  return started
}

describe.skipIf(CHROMIUM === undefined)('the console in Chromium', () => {
  beforeAll(startBrowser)
  afterAll(stopBrowser)

  const paths = [
    ['the deliveries', '/console/deliveries'],
    ['a search', '/console/deliveries?outcome=dead&outcome=retry&text=slack'],
    ['no match', '/console/deliveries?text=nothing-like-it'],
    ['a delivery', `/console/deliveries/${idOf('delivery 3')}`],
    ['the events', '/console/events'],
    ['an event', `/console/events/${idOf('event 1')}`],
    ['the form to try rules with', '/console/try'],
    ['the overview', '/console/overview'],
    ['the clusters', '/console/clusters'],
    ['the Alerts', '/console/alerts'],
    ['the Providers', '/console/providers'],
    ['an error', '/console/deliveries?since=soon'],
    ['what is not there', '/console/deliveries/none'],
  ] as const
  it.each(paths)('shows %s without a violation of WCAG in light and dark', async (_, path) => {
    const { origin } = await seeded()
    for (const scheme of ['light', 'dark'] as const) {
      const page = await openPage(origin + path, { scheme })
      expect(await page.locator('h1').count()).toBe(1)
      expect(await violations(page)).toEqual([])
    }
  })

  it.each([
    ['deliveries', 8],
    ['events', 4],
  ])(
    'lays out only the rows of %s that are about to be seen, and tells a reader of all',
    async (name, columns) => {
      const { origin, ports } = await startConsole()
      ports.clock.set(Date.now())
      ports.ledger.put(...ordinaryRecords(Date.now(), 120))
      const page = await openPage(`${origin}/console/${name}`)
      const [all, shown] = await page.evaluate<number[]>(laidOut)
      expect(all).toBe(100)
      expect(shown).toBeLessThan(50)
      expect(await rolesIn(page)).toMatchObject({ table: 1, row: 101, columnheader: columns })
      await page.locator('tbody#rows tr').last().scrollIntoViewIfNeeded()
      await waitFor(async () => expect(await page.evaluate(isLastLaidOut)).toBe(true))
    },
  )

  it('asks for a token, and shows a viewer no button that changes anything', async () => {
    const { origin, ports } = await startConsole(TOKENS)
    ports.clock.set(Date.now())
    ports.ledger.put(...ordinaryRecords(Date.now(), 3))
    const page = await openPage(`${origin}/console/deliveries?outcome=delivered`)
    expect(await violations(page)).toEqual([])
    const logIn = async (token: string) => {
      await page.fill('#token', token)
      await page.click('text="Log in" >> nth=-1')
    }
    await logIn('wrong')
    expect(await page.textContent('[role=alert]')).toContain('no token of an operator')
    await logIn(VIEWER)
    await page.waitForSelector('tbody#rows')
    expect(page.url()).toBe(`${origin}/console/deliveries?outcome=delivered`)
    expect(await page.locator('button:has-text("Replay")').count()).toBe(0)
    await page.click('text="Log out"')
    await logIn(OPERATOR)
    await page.click('nav >> text="Deliveries"')
    await page.waitForSelector('text="Replay the selected"')
  })

  it('filters while one types, and keeps the filters in the address', async () => {
    const { origin } = await seeded()
    const page = await openPage(`${origin}/console/deliveries`)
    await page.fill('input[name=text]', 'kustomize build')
    await page.waitForURL(/text=kustomize\+build/)
    await page.check('input[name=outcome][value=dead]')
    await page.waitForURL(/outcome=dead/)
    await page.waitForSelector('text=/^\\d deliveries, the latest first/')
    const outcomes = await page.locator('tbody#rows .outcome').allTextContents()
    expect(new Set(outcomes)).toEqual(new Set(['✕ dead']))
    expect(await page.evaluate(focusedName)).toBe('outcome')
    await page.goBack()
    await page.goBack()
    await page.waitForSelector('text="40 deliveries, the latest first"')
  })

  it('says what is wrong with a filter while one types, and goes on once it is right', async () => {
    const { origin } = await seeded()
    const page = await openPage(`${origin}/console/deliveries`)
    await page.click('text="More filters"')
    await page.fill('input[name=since]', 'so')
    await page.waitForSelector('#results [role=alert]')
    expect(await page.textContent('#results')).toContain('since: expected')
    expect(await violations(page)).toEqual([])
    await page.fill('input[name=since]', '1h')
    await page.waitForSelector('#results tbody#rows')
    expect(page.url()).toContain('since=1h')
  })

  it('reads and filters without scripts', async () => {
    const { origin } = await seeded()
    const page = await openPage(`${origin}/console/deliveries`, { hasScripts: false })
    await page.check('input[name=outcome][value=dead]')
    await page.click('text="Filter"')
    expect(await page.locator('tbody#rows tr').count()).toBeGreaterThan(0)
    expect(page.url()).toContain('outcome=dead')
    await page.click('tbody#rows a')
    expect(await page.textContent('h1')).toContain('Kustomization/flux-system/')
  })

  it('selects and replays, with the number first', async () => {
    const { origin, ports } = await seeded()
    const page = await openPage(`${origin}/console/deliveries?outcome=dead`)
    const boxes = page.locator('input[name=id]')
    await boxes.nth(0).check()
    await boxes.nth(1).check()
    await page.click('text="Replay the selected (2)"')
    await page.click('text="Replay 2 deliveries"')
    expect(await page.textContent('h1')).toBe('2 deliveries will be sent again')
    expect(ports.queue.retries).toHaveLength(4)
  })

  it('follows what comes and changes, keeps the focus, and counts while it is paused', async () => {
    const { origin, feed, ports } = await seeded()
    const page = await openPage(`${origin}/console/deliveries`)
    await page.waitForSelector('text="● Live"')
    const changed = ordinaryRecords(Date.now())[2]
    if (changed?.kind !== 'delivery') throw new Error('the third record is a delivery')
    await page.focus(`#d-${changed.id} a`)
    feed.changed({ ...changed, status: { kind: 'final', outcome: 'delivered', reason: 'at last' } })
    await page.waitForSelector(`#d-${changed.id} >> text="at last"`)
    expect(await page.evaluate(focusedName)).toBe(`/console/deliveries/${changed.id}`)

    const arrive = (name: string) =>
      feed.changed(
        deliveryRecord({ id: idOf(name), event: event(name), acceptedAt: ports.clock.now() }),
      )
    arrive('first')
    await page.waitForSelector(`tbody#rows tr:first-child#d-${idOf('first')}`)
    await page.click('text="Pause"')
    arrive('second')
    arrive('third')
    await page.waitForSelector('text="2 new"')
    expect(await page.locator(`#d-${idOf('third')}`).count()).toBe(0)
    await page.click('text="2 new"')
    await page.waitForSelector(`tbody#rows tr:first-child#d-${idOf('third')}`)
  })

  it('previews messages, without a violation of WCAG', async () => {
    const { origin } = await startConsole()
    for (const scheme of ['light', 'dark'] as const) {
      const page = await openPage(`${origin}/console/try`, { scheme })
      await page.fill('textarea[name=alert]', ALERT)
      await page.click('text="Try"')
      await page.waitForSelector('text="Microsoft Teams"')
      expect(await violations(page)).toEqual([])
    }
  })

  it('fills itself with the first event', async () => {
    const { origin, ports } = await startConsole()
    const page = await openPage(`${origin}/console/deliveries`)
    await page.waitForSelector('text="No event has come yet"')
    expect(await violations(page)).toEqual([])
    ports.ledger.put(deliveryRecord({ acceptedAt: ports.clock.now() }))
    await page.waitForSelector('tbody#rows tr')
  })

  it('says so while the relay does not answer', async () => {
    const { origin, server } = await seeded()
    const mayFail = /network error|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_REFUSED|fetch/
    const page = await openPage(`${origin}/console/deliveries`, { mayFail })
    await page.waitForSelector('text="● Live"')
    await server.close(0)
    await page.waitForSelector('[data-bar]:not([hidden])')
    await page.waitForSelector('text="○ Not live"')
  })

  it('is worked by keys', async () => {
    const { origin } = await seeded()
    const page = await openPage(`${origin}/console/deliveries`)
    await page.keyboard.press('?')
    await page.waitForSelector('dialog[open]')
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog[open]', { state: 'detached' })
    await page.keyboard.press('/')
    await expect.poll(() => page.evaluate(focusedName)).toBe('text')
    await page.locator('input[name=text]').blur()
    // Until the page is drawn again, the focus is in the dialog that was closed.
    await page.evaluate(slashInTheDialog)
    expect(await page.evaluate(focusedName)).toBe('text')
    await page.locator('input[name=text]').blur()
    for (const key of ['j', 'j', 'k', 'Enter']) await page.keyboard.press(key)
    await page.waitForURL(`${origin}/console/deliveries/${idOf('delivery 0')}`)
    for (const key of ['g', 'e']) await page.keyboard.press(key)
    await page.waitForURL(`${origin}/console/events`)
    for (const key of ['g', 'd']) await page.keyboard.press(key)
    await page.waitForURL(`${origin}/console/deliveries`)
  })

  it('switches the scheme and the clock, and keeps both', async () => {
    const { origin } = await seeded()
    const page = await openPage(`${origin}/console/deliveries`)
    await page.click('[data-theme]')
    await page.click('[data-clock]')
    await page.reload()
    expect(await page.getAttribute('html', 'data-scheme')).toBe('dark')
    expect(await page.textContent('[data-clock]')).toBe('Local time')
  })

  it.each([['deliveries'], ['events'], [`deliveries/${idOf('evil')}`]])(
    'shows as text what events say, however long or strange, on %s and 320 pixels',
    async (path) => {
      const { origin, ports } = await startConsole()
      ports.clock.set(Date.now())
      const long = `${EVIL} ${RIGHT_TO_LEFT} ${'long-'.repeat(7_780)}`.slice(0, 39_000)
      const named = { namespace: EVIL, name: EVIL, uid: EVIL }
      const evil = {
        ...event(EVIL, long),
        severity: EVIL,
        reason: EVIL,
        reportingController: EVIL,
        metadata: {
          [EVIL]: EVIL,
          link: 'javascript:alert(4)',
          page: 'https://example.com/run?a=1',
        },
      }
      ports.ledger.put(
        deliveryRecord({
          ...{ id: idOf('evil'), eventId: idOf('evil event'), cluster: EVIL, event: evil },
          ...{ alert: named, provider: { ...named, type: EVIL }, reason: EVIL, outcome: 'dead' },
          ...{ notes: [EVIL], acceptedAt: Date.now() },
        }),
      )
      const page = await openPage(`${origin}/console/${path}`, { width: 320 })
      expect(await page.locator('main img, main script').count()).toBe(0)
      expect(await page.locator('a[href^="javascript"]').count()).toBe(0)
      expect(await page.evaluate(overflow)).toBe(0)
      expect(await violations(page)).toEqual([])
    },
  )
})

/** How many rows a list has, and how many of them are laid out. Runs in the page. */
const laidOut = `(() => {
  const rows = [...document.querySelectorAll('tbody#rows tr')]
  return [rows.length, rows.filter((row) => row.firstElementChild.checkVisibility({ contentVisibilityAuto: true })).length]
})()`

/** Whether the last row of a list is. Runs in the page. */
const isLastLaidOut = `document.querySelector('tbody#rows tr:last-child td').checkVisibility({ contentVisibilityAuto: true })`

/** What has the focus: its name, or where it leads. Runs in the page. */
const focusedName = `document.activeElement.name || document.activeElement.getAttribute('href')`

/** By how many pixels the page is wider than its window. Runs in the page. */
const overflow = 'document.documentElement.scrollWidth - innerWidth'

/** Presses `/` where the list of keys was shown. Runs in the page. */
const slashInTheDialog = `document.querySelector('#keys').dispatchEvent(
  new KeyboardEvent('keydown', { key: '/', bubbles: true }),
)`
