import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startConsole } from '../support/console.ts'
import { openPage, startBrowser, stopBrowser } from './browser.ts'
import { CHROMIUM } from './chromium.ts'

/** As long as Kubernetes allows. */
const LONG = `${'long-name-'.repeat(25)}xyz`
const UNBROKEN = 'x'.repeat(253)
const SENTENCE = 'there is no such Provider in this namespace. '.repeat(20)

/** A console of a cluster whose objects have short names beside the longest. */
async function longNames() {
  const now = Date.now()
  const started = await startConsole(undefined, {
    clusters: [{ cluster: 'prod', configuredAt: now, lastEventAt: now, notReady: 1 }],
    failing: ['uid-0', 'uid-1', 'uid-2'].map((providerUid, index) => ({
      ...{ key: `prod#${providerUid}#h`, cluster: 'prod', providerUid, host: 'hooks.test' },
      ...{ failures: 3, error: index === 1 ? 'HTTP 503' : SENTENCE, probeAt: now + 60_000 },
    })),
  })
  started.ports.clock.set(now)
  const names = ['chat', LONG, UNBROKEN]
  const kinds = ['Alert', 'Provider'] as const
  await started.ports.configs.replace({
    ...{ cluster: 'prod', revision: 'r1', takenAt: now },
    manifests: kinds.flatMap((kind) =>
      names.map((name, index) => ({
        kind,
        metadata: {
          namespace: 'apps',
          name,
          uid: kind === 'Alert' ? `a-${index}` : `uid-${index}`,
        },
        spec:
          kind === 'Alert'
            ? { providerRef: { name: UNBROKEN } }
            : { type: ['azureeventhub', 'generic', 'slack'][index] },
      })),
    ),
    objects: kinds.flatMap((kind) =>
      names.map((name, index) => ({
        ...{ kind, namespace: 'apps', name, ready: index !== 0 },
        ...{ reason: 'ProviderNotFound', message: index === 0 ? SENTENCE : '' },
      })),
    ),
  })
  return started
}

/** The short texts that have a break within a word: the rectangles of a word that is whole are all on one line. */
function brokenWords(page: Page): Promise<readonly string[]> {
  return page.evaluate(`(() => {
    const broken = []
    const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
      for (const { 0: word, index } of walker.currentNode.data.matchAll(/\\w+/g)) {
        const range = document.createRange()
        range.setStart(walker.currentNode, index)
        range.setEnd(walker.currentNode, index + word.length)
        const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)))
        if (lines.size > 1 && word.length < 20) broken.push(word)
      }
    }
    return broken
  })()`)
}

describe.skipIf(CHROMIUM === undefined)('tables of long names in Chromium', () => {
  beforeAll(startBrowser)
  afterAll(stopBrowser)

  it.each(['overview', 'alerts', 'providers'])('leave words whole on %s', async (name) => {
    const { origin } = await longNames()
    for (const width of [1280, 900]) {
      const page = await openPage(`${origin}/console/${name}`, { width })
      expect(await brokenWords(page)).toEqual([])
      const room = await page.evaluate('document.documentElement.scrollWidth')
      expect(room).toBeLessThanOrEqual(width)
    }
  })
})
