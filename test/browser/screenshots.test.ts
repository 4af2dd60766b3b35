import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { openPage, startBrowser, stopBrowser } from './browser.ts'
import { CHROMIUM } from './chromium.ts'
import { idOf } from './seed.ts'
import { troubledConsole } from './troubled-console.ts'

/** Where pictures of the pages go, for people to look at. Without it none is made. */
const FOLDER = process.env.CONSOLE_SCREENSHOTS ?? ''

const PAGES = {
  overview: '/console/overview',
  deliveries: '/console/deliveries',
  filtered: '/console/deliveries?outcome=dead&outcome=retry&cluster=staging',
  'no-match': '/console/deliveries?text=nothing-like-it',
  delivery: `/console/deliveries/${idOf('delivery 3')}`,
  waiting: `/console/deliveries/${idOf('delivery 2')}`,
  events: '/console/events',
  verdicts: '/console/events?alert=flux-system/on-call',
  event: `/console/events/${idOf('event 1')}`,
  alerts: '/console/alerts',
  providers: '/console/providers',
  clusters: '/console/clusters',
  try: '/console/try',
  error: '/console/deliveries?since=soon',
}

describe.skipIf(CHROMIUM === undefined || FOLDER === '')('pictures of the console', () => {
  beforeAll(startBrowser)
  afterAll(stopBrowser)

  it.each(Object.entries(PAGES))('of %s', async (name, path) => {
    mkdirSync(FOLDER, { recursive: true })
    const { origin } = await troubledConsole()
    for (const scheme of ['light', 'dark'] as const) {
      for (const width of [1280, 320]) {
        const page = await openPage(origin + path, { scheme, width })
        await page.screenshot({ path: join(FOLDER, `${name}-${scheme}-${width}.png`) })
      }
    }
  })

  it.each([
    ['overview', 'dark'],
    ['deliveries', 'light'],
  ] as const)('of %s for the README', async (name, scheme) => {
    mkdirSync(FOLDER, { recursive: true })
    const { origin } = await troubledConsole()
    const page = await openPage(`${origin}/console/${name}`, { scheme, width: 1120, height: 760 })
    await page.screenshot({ path: join(FOLDER, `console-${name}.png`) })
  })
})
