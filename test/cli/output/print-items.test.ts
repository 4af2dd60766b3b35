import { expect, it, onTestFinished, vi } from 'vitest'
import { formatDocument } from '../../../cli/output/print.ts'
import { printItems } from '../../../cli/output/print-items.ts'
import { waitFor } from '../../support/wait-for.ts'

const shared = { name: 'on-call' }
const long = 'a text that is folded where a line of YAML would become too long: '.repeat(5)

const LISTS: readonly (readonly [string, readonly unknown[]])[] = [
  ['nothing', []],
  ['one item', [{ a: 1 }]],
  ['items of many forms', [{ a: { b: [1, { c: null }] } }, 'text', 3, [], {}, [[1], [2]]]],
  ['texts of many lines', [{ a: `one\ntwo\n\n- three: ${long}` }, { '': ']\n' }, long]],
  ['control characters', [{ a: '\u009b31m' }, { b: '\u007f' }]],
  ['the same object twice', [{ alert: shared }, { alert: shared }]],
  ['equal objects', [{ alert: { ...shared } }, { alert: { ...shared } }]],
  ['many items', Array.from({ length: 3_000 }, (_, index) => ({ index, text: 'x'.repeat(50) }))],
]

for (const format of ['json', 'yaml'] as const) {
  it.each(LISTS)(`prints a list of %s as ${format} of the whole list is`, async (_, items) => {
    const whole = await formatDocument(items, format)
    const written = await writtenBy(() => printItems(items, format))
    expect(written.join('')).toBe(whole)
  })

  it(`makes no text of a whole long list as ${format}`, async () => {
    const items = Array.from({ length: 3_000 }, (_, index) => ({ index, text: 'x'.repeat(100) }))
    const written = await writtenBy(() => printItems(items, format))
    expect(Math.max(...written.map(({ length }) => length))).toBeLessThan(70_000)
  })
}

it.each(['json', 'yaml'] as const)('waits for who reads a list of %s', async (format) => {
  const items = Array.from({ length: 3_000 }, (_, index) => ({ index, text: 'x'.repeat(100) }))
  let parts = 0
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation(() => {
    parts += 1
    return false
  })
  onTestFinished(() => stdout.mockRestore())
  const printed = printItems(items, format)
  for (const part of [1, 2, 3]) {
    await waitFor(() => expect(parts).toBe(part))
    // What goes on without being asked to would be written by then.
    await formatDocument(items, format)
    expect(parts).toBe(part)
    process.stdout.emit('drain')
  }
  stdout.mockImplementation(() => true)
  process.stdout.emit('drain')
  await printed
})

async function writtenBy(work: () => Promise<void>): Promise<readonly string[]> {
  const written: string[] = []
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
  try {
    await work()
  } finally {
    stdout.mockRestore()
  }
  return written
}
