import { expect, it } from 'vitest'
import { startProgress } from '../../cli/output/progress.ts'

it('draws a bar on a terminal, and takes it away', () => {
  const drawn: string[] = []
  const write = (text: string | Uint8Array) => drawn.push(String(text)) > 0
  const progress = startProgress(3, { isTTY: true, write })
  progress.step()
  progress.step()
  progress.step()
  progress.end()
  const bar = (filled: number) => '#'.repeat(filled) + '.'.repeat(30 - filled)
  expect(drawn).toEqual([
    `\r[${bar(0)}] 0 of 3`,
    `\r[${bar(10)}] 1 of 3`,
    `\r[${bar(20)}] 2 of 3`,
    `\r[${bar(30)}] 3 of 3`,
    '\r\u001b[K',
  ])
})

it('draws nothing elsewhere, or of nothing', () => {
  const drawn: string[] = []
  const write = (text: string | Uint8Array) => drawn.push(String(text)) > 0
  startProgress(3, { isTTY: false, write }).step()
  startProgress(0, { isTTY: true, write }).end()
  expect(drawn).toEqual([])
})
