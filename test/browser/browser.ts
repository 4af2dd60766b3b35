import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { CHROMIUM, CHROMIUM_FLAGS } from './chromium.ts'

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

export type Scheme = 'light' | 'dark'

export interface PageOptions {
  readonly scheme?: Scheme
  readonly width?: number
  readonly height?: number
  readonly hasScripts?: boolean
  /** What the browser may say in this test. */
  readonly mayFail?: RegExp
}

let browser: Browser | undefined

/** Starts Chromium once for all tests of a file. */
export async function startBrowser(): Promise<void> {
  browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: [...CHROMIUM_FLAGS] })
}

export async function stopBrowser(): Promise<void> {
  await browser?.close()
}

/** A page whose console stays empty: errors, and what the content policy blocks, fail the test. */
export async function openPage(url: string, options: PageOptions = {}): Promise<Page> {
  const context = await contextOf(options)
  const page = await context.newPage()
  const said: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) said.push(message.text())
  })
  page.on('pageerror', (error) => said.push(String(error)))
  onTestFinished(async () => {
    await context.close()
    const { mayFail = EXPECTED } = options
    expect(said.filter((text) => !mayFail.test(text))).toEqual([])
  })
  await page.goto(url)
  return page
}

/** What Chromium says of an answer with an error status, which some tests ask for. */
const EXPECTED = /^Failed to load resource: .* status of 40[0-9]/

function contextOf({
  scheme = 'light',
  width = 1280,
  height = 900,
  hasScripts = true,
}: PageOptions) {
  if (browser === undefined) throw new Error('the browser was not started')
  return browser.newContext({
    colorScheme: scheme,
    viewport: { width, height },
    javaScriptEnabled: hasScripts,
    reducedMotion: 'reduce',
  }) satisfies Promise<BrowserContext>
}

/** Rules of WCAG 2.2 AA that a page breaks, with the elements. */
export async function violations(page: Page): Promise<readonly string[]> {
  // Through the debugger, since the content policy lets no foreign script in.
  await page.evaluate(await readFile(AXE, 'utf8'))
  return page.evaluate(`(async () => {
    const values = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    const { violations } = await axe.run(document, { runOnly: { type: 'tag', values } })
    return violations.map(
      ({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', '),
    )
  })()`)
}

/** How often each role is in what Chromium tells a screen reader of the page. */
export async function rolesIn(page: Page): Promise<Readonly<Record<string, number>>> {
  const debuggerSession = await page.context().newCDPSession(page)
  const { nodes } = await debuggerSession.send('Accessibility.getFullAXTree')
  const counts: Record<string, number> = {}
  for (const { ignored, role } of nodes) {
    if (!ignored) counts[role?.value] = (counts[role?.value] ?? 0) + 1
  }
  return counts
}
