import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hourOf } from '../../relay/model/outcome-count.ts'
import { outcomeCount } from '../contract/outcome-counts-contract.ts'
import { startConsole } from '../support/console.ts'
import { CHROMIUM, openPage, startBrowser, stopBrowser, violations } from './browser.ts'
import { ordinaryRecords } from './seed.ts'

const HOUR_MS = 3_600_000

/** A console with something wrong in each part of the overview. */
async function troubled() {
  const now = Date.now()
  const of = {
    cluster: 'prod',
    configuredAt: now - 60_000,
    notReady: 1,
    tokens: 2,
    newestTokenAt: now - 3 * 24 * HOUR_MS,
  }
  const started = await startConsole(undefined, {
    clusters: [
      { ...of, lastEventAt: now - 5_000, heardAt: now - 2 * HOUR_MS, shipper: '0.4.1' },
      { cluster: 'staging', observed: true, spool: { events: 1_204, toldAt: now - 3_000 } },
    ],
    strangers: [{ cause: 'unauthorized', count: 3, lastAt: now, address: '192.0.2.7' }],
    failing: [
      {
        ...{ key: 'prod#uid-1#h', cluster: 'prod', providerUid: 'uid-1', host: 'hooks.test' },
        ...{ failures: 3, error: '503: busy', probeAt: now + 60_000 },
      },
    ],
    waiting: 17,
  })
  started.ports.clock.set(now)
  started.ports.ledger.put(...ordinaryRecords(now))
  const metadata = { namespace: 'apps', name: 'chat', uid: 'uid-1' }
  await started.ports.configs.replace({
    ...{ cluster: 'prod', revision: 'r1', takenAt: now },
    manifests: [{ kind: 'Provider', metadata, spec: { type: 'slack', suspend: true } }],
    objects: [
      { kind: 'Provider', namespace: 'apps', name: 'chat', ready: true, reason: '', message: '' },
      {
        ...{ kind: 'Alert', namespace: 'apps', name: 'lost', ready: false },
        ...{ reason: 'ProviderNotFound', message: 'there is no Provider apps/nosuch' },
      },
    ],
  })
  for (let hour = 0; hour < 24; hour += 1) {
    for (const outcome of ['delivered', 'suppressed', 'skipped', 'retry', 'dead'] as const) {
      await started.counts.add([outcomeCount({ outcome, hour: hourOf(now) - hour * HOUR_MS })])
    }
  }
  return started
}

describe.skipIf(CHROMIUM === undefined)('the overview in Chromium', () => {
  beforeAll(startBrowser)
  afterAll(stopBrowser)

  it.each(['overview', 'alerts', 'providers', 'clusters'])(
    'shows %s without a violation of WCAG in light and dark, wide and narrow',
    async (name) => {
      const { origin } = await troubled()
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
    const { origin, counts, ports } = await troubled()
    const page = await openPage(`${origin}/console/overview`)
    await page.click('.chart details summary')
    expect(await page.locator('.numbers td').first().textContent()).toBe('1')
    await counts.add([outcomeCount({ hour: hourOf(ports.clock.now()), count: 41 })])
    await page.waitForSelector('.numbers td:text-is("42")', { timeout: 20_000 })
    expect(await page.locator('.chart details').getAttribute('open')).not.toBeNull()
    expect(await page.evaluate('document.activeElement.tagName')).toBe('SUMMARY')
  })
})
