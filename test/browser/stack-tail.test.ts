import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExpectedVersion } from '../../relay/ports/versioned.ts'
import { stackTargets } from '../support/command-targets.ts'
import { deliveryRecord, type RecordChanges } from '../support/delivery-records.ts'
import { openConsole } from '../support/opened-console.ts'
import { refusingEndpoint } from '../support/refusing-endpoint.ts'
import { openPage, startBrowser, stopBrowser, violations } from './browser.ts'
import { CHROMIUM } from './chromium.ts'
import { idOf } from './seed.ts'

const NO_RIGHTS = `User: arn:aws:sts::123456789012:assumed-role/${'viewer'.repeat(9)} is not authorized to perform: dynamodb:Query`

/** What Chromium says once the console has ended. */
const MAY_FAIL = /network error|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_REFUSED|fetch/

describe.skipIf(CHROMIUM === undefined)('the list of a relay on AWS, in Chromium', () => {
  const { open } = stackTargets()
  beforeAll(startBrowser)
  afterAll(stopBrowser)

  it('follows what comes and changes, counts while it is paused, and says why it cannot', async () => {
    const { stack, env, ports } = await open()
    const dynamoDb = await refusingEndpoint(env.AWS_ENDPOINT_URL_DYNAMODB ?? '')
    const write = (name: string, changes: RecordChanges = {}, expected?: ExpectedVersion) => {
      const times = { acceptedAt: Date.now(), updatedAt: Date.now() }
      const record = deliveryRecord({ id: idOf(name), cluster: 'prod', ...times, ...changes })
      return ports.ledger.writeMany([{ record, expected: expected ?? 'absent' }])
    }
    await write('waits', { outcome: 'retry', acceptedAt: Date.now() - 60_000 })
    const { address, origin, program } = await openConsole(
      ['--stack', stack, '--cluster', 'prod'],
      { ...env, AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url },
    )
    const page = await openPage(address, { mayFail: MAY_FAIL })
    await page.goto(`${origin}/console/deliveries`)
    await page.waitForSelector('text="● Live"')
    await write('first')
    await write('waits', { acceptedAt: Date.now() - 60_000, reason: 'at last' }, 1)
    await page.waitForSelector(`tbody#rows tr#d-${idOf('first')}`)
    await page.waitForSelector(`tbody#rows tr#d-${idOf('waits')} >> text="at last"`)

    await page.click('text="Pause"')
    await write('second')
    await write('third')
    await page.waitForSelector('text="2 new"')
    expect(await page.locator(`#d-${idOf('third')}`).count()).toBe(0)
    await page.click('text="2 new"')
    await page.waitForSelector(`tbody#rows tr#d-${idOf('third')}`)
    await page.click('text="Go on"')

    dynamoDb.refuse('AccessDeniedException', NO_RIGHTS)
    const bar = '[data-bar]:not([hidden])'
    await page.waitForSelector(bar)
    expect(await page.textContent(bar)).toBe(
      `Nothing new can be shown; trying again. AWS: AccessDeniedException: ${NO_RIGHTS}`,
    )
    expect(await page.textContent('[data-live-state]')).toBe('○ Not live')
    await page.setViewportSize({ width: 320, height: 900 })
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
    expect(await violations(page)).toEqual([])
    await write('fourth')
    dynamoDb.refuse(undefined)
    await page.waitForSelector(`tbody#rows tr#d-${idOf('fourth')}`)
    await page.waitForSelector(bar, { state: 'detached' })
    await page.waitForSelector('text="● Live"')
    expect((await program.end('SIGTERM')).code).toBe(0)
    await page.waitForSelector(bar)
  })
})
