import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hourOf } from '../../relay/model/outcome-count.ts'
import { outcomeCount } from '../contract/outcome-counts-contract.ts'
import { openPage, startBrowser, stopBrowser, violations } from './browser.ts'
import { CHROMIUM } from './chromium.ts'
import { troubledConsole } from './troubled-console.ts'

describe.skipIf(CHROMIUM === undefined)('the overview in Chromium', () => {
  beforeAll(startBrowser)
  afterAll(stopBrowser)

  it.each(['overview', 'alerts', 'providers', 'clusters'])(
    'shows %s without a violation of WCAG in light and dark, wide and narrow',
    async (name) => {
      const { origin } = await troubledConsole()
      for (const scheme of ['light', 'dark'] as const) {
        for (const width of [1280, 320]) {
          const page = await openPage(`${origin}/console/${name}`, { scheme, width })
          expect(await page.locator('h1').count()).toBe(1)
          expect(await violations(page)).toEqual([])
          const room = await page.evaluate('document.documentElement.scrollWidth')
          expect(room).toBeLessThanOrEqual(width)
        }
      }
    },
  )

  it('renews itself, and leaves open what is open and the focus where it is', async () => {
    const { origin, counts, ports } = await troubledConsole()
    const page = await openPage(`${origin}/console/overview`)
    await page.click('.chart details summary')
    const before = Number(await page.locator('.numbers td').first().textContent())
    await counts.add([
      outcomeCount({ hour: hourOf(ports.clock.now()), count: 41, cluster: 'prod-eu-1' }),
    ])
    await page.waitForSelector(`.numbers td:text-is("${before + 41}")`, { timeout: 20_000 })
    expect(await page.locator('.chart details').getAttribute('open')).not.toBeNull()
    expect(await page.evaluate('document.activeElement.tagName')).toBe('SUMMARY')
  })
})
