import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startConsole } from '../support/console.ts'
import { deliveryRecord, event, type RecordChanges } from '../support/delivery-records.ts'
import { openPage, startBrowser, stopBrowser, violations } from './browser.ts'
import { CHROMIUM } from './chromium.ts'
import { idOf } from './seed.ts'

const NAMES = ['first', 'second', 'third']

/** A list of dead deliveries, the first one on top, of a relay that tells of what changes. */
async function deadOnes() {
  const started = await startConsole()
  const { ports, feed } = started
  const now = Date.now()
  ports.clock.set(now)
  const put = (name: string, changes: RecordChanges = {}) => {
    const acceptedAt = now - 60_000 * (1 + NAMES.indexOf(name))
    const base = { id: idOf(name), event: event(name), acceptedAt, outcome: 'dead' } as const
    const record = deliveryRecord({ ...base, ...changes })
    ports.ledger.put(record)
    feed.changed(record)
  }
  for (const name of NAMES) put(name)
  const leave = (name: string, changes: RecordChanges = {}) =>
    put(name, { outcome: 'delivered', reason: 'at last', replayedAt: [now], tries: 7, ...changes })
  const row = (name: string) => `tbody#rows tr#d-${idOf(name)}`
  return { ...started, put, leave, row }
}

describe.skipIf(CHROMIUM === undefined)('a row that does not fit its list any more', () => {
  beforeAll(startBrowser)
  afterAll(stopBrowser)

  it('stays in its place and says what became of it, and cannot be selected', async () => {
    const { origin, put, leave, row } = await deadOnes()
    const page = await openPage(`${origin}/console/deliveries?outcome=dead`)
    await page.waitForSelector('text="● Live"')
    await page.check(`${row('second')} input[name=id]`)
    await page.check(`${row('third')} input[name=id]`)
    await page.focus(`${row('second')} a`)
    expect(await page.textContent('[data-needs-pick]')).toBe('Replay the selected (2)')

    leave('second')
    await page.waitForSelector(`${row('second')}.has-left`)
    const ids = await page.locator('tbody#rows tr').evaluateAll((rows) => rows.map(({ id }) => id))
    expect(ids).toEqual(NAMES.map((name) => `d-${idOf(name)}`))
    expect(await page.textContent(`${row('second')} .outcome`)).toBe('✓ delivered')
    expect(await page.textContent(`${row('second')} .why`)).toBe(
      'at last does not fit the filters any more',
    )
    expect(await page.textContent(`${row('second')} .number`)).toBe('7')
    expect(await page.locator('input[name=id]').count()).toBe(2)
    expect(await page.textContent('[data-needs-pick]')).toBe('Replay the selected (1)')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('second')
    expect(await violations(page)).toEqual([])

    // It is dead again.
    put('second', { replayedAt: [1], tries: 8 })
    await page.waitForSelector(`${row('second')}:not(.has-left) input[name=id]`)
    expect(await page.textContent(`${row('second')} .outcome`)).toBe('✕ dead')
  })

  it('is none of those that came while the list was paused', async () => {
    const { origin, put, leave, row } = await deadOnes()
    const page = await openPage(`${origin}/console/deliveries?outcome=dead`)
    await page.waitForSelector('text="● Live"')
    await page.click('text="Pause"')
    put('late')
    put('later')
    await page.waitForSelector('text="2 new"')
    leave('late')
    leave('first')
    await page.waitForSelector('text="1 new"')
    await page.waitForSelector(`${row('first')}.has-left`)
    await page.click('text="Go on"')
    await page.waitForSelector(row('later'))
    expect(await page.locator(row('late')).count()).toBe(0)
  })

  it.each(['light', 'dark'] as const)('can be read in %s', async (scheme) => {
    const { origin, leave, row } = await deadOnes()
    const page = await openPage(`${origin}/console/deliveries?outcome=dead`, { scheme, width: 320 })
    await page.waitForSelector('text="● Live"')
    leave('first', { outcome: 'retry', reason: 'replay requested' })
    await page.waitForSelector(`${row('first')}.has-left`)
    expect(await violations(page)).toEqual([])
  })
})
