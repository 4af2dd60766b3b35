import { expect, it } from 'vitest'
import { createTextBytes } from '../../../hosts/embedded/text-bytes.ts'

it('gives the bytes of the texts that were added since the last time', () => {
  const text = createTextBytes()
  const texts = ['a', 'ü€', '', '😀', '\ud800', 'x'.repeat(3_000_000)]
  for (const it of texts) text.add(it)
  const expected = Buffer.from(texts.join(''))
  expect(text.length()).toBe(expected.length)
  const taken = text.take()
  expect(expected.equals(taken)).toBe(true)
  text.add('later')
  expect(Buffer.from(text.take()).toString()).toBe('later')
  // What was taken is not written over.
  expect(expected.equals(taken)).toBe(true)
  expect([text.length(), text.take().length]).toEqual([0, 0])
})
