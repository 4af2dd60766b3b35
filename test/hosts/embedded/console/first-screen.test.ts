import { expect, it } from 'vitest'
import { firstScreenFirst } from '../../../../hosts/kit/console/first-screen.ts'
import { ordinaryRecords } from '../../../browser/seed.ts'
import { startConsole } from '../../../support/console.ts'

/** As a browser asks for a page that a person opens. */
const asOpened = { headers: { 'sec-fetch-dest': 'document' } }
const NOW = Date.parse('2026-11-20T09:15:00Z')

async function listOf(count: number) {
  const started = await startConsole()
  started.ports.clock.set(NOW)
  started.ports.ledger.put(...ordinaryRecords(NOW, count))
  const shown = (headers = {}) => started.call('GET', '/console/deliveries', { headers })
  return { shown, page: (await shown()).text }
}

function rowsIn(text = ''): number {
  return text.split('<tr id=').length - 1
}

it('gives a browser that opens a list what fills its window first', async () => {
  const { page } = await listOf(40)
  const parts: string[] = []
  for await (const part of firstScreenFirst(asOpened, page) ?? []) {
    parts.push(new TextDecoder().decode(part))
  }
  expect(parts.map(rowsIn)).toEqual([12, 28])
  expect(parts[0]).toMatch(/<\/tr>\n$/)
  expect(parts.join('')).toBe(page)
})

it('gives it the same page over the wire as a program', async () => {
  const { shown, page } = await listOf(40)
  const opened = await shown(asOpened.headers)
  expect(opened).toMatchObject({ status: 200, text: page })
  expect(opened.headers['content-security-policy']).toContain("default-src 'none'")
})

it.each([
  ['a list that fits', 12, 'document'],
  ['what a script asks for', 40, 'empty'],
])('gives %s at once', async (_, count, destination) => {
  const { page } = await listOf(count)
  expect(rowsIn(page)).toBe(count)
  expect(firstScreenFirst({ headers: { 'sec-fetch-dest': destination } }, page)).toBeUndefined()
})
