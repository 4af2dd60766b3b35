import { once } from 'node:events'
import { formatDocument, print } from './print.ts'

/** About how many characters are written at once. */
const WRITTEN_AT_ONCE = 65_536

/**
 * Writes a list as a document of JSON or YAML, as `formatDocument` makes it of the whole list, and an item after the other:
 * a long list as one text takes many times the memory of the list. No faster than it is read: who reads no more, such as
 * `head`, ends it, and what a slow reader has not read yet does not become the whole text again.
 */
export async function printItems(
  items: readonly unknown[],
  format: 'json' | 'yaml',
): Promise<void> {
  // YAML writes an object that is there twice once, and names it.
  if (items.length === 0 || (format === 'yaml' && hasTwice(items))) {
    return print(await formatDocument(items, format))
  }
  let text = ''
  for (const [index, item] of items.entries()) {
    const alone = await formatDocument([item], format)
    text += format === 'yaml' ? alone : joined(alone, index === 0, index === items.length - 1)
    if (text.length < WRITTEN_AT_ONCE) continue
    if (!process.stdout.write(text)) await once(process.stdout, 'drain')
    text = ''
  }
  print(text)
}

const OPEN = '[\n'
const CLOSE = '\n]\n'

/** A JSON list of one item as a part of a longer one. */
function joined(alone: string, isFirst: boolean, isLast: boolean): string {
  const item = alone.slice(OPEN.length, -CLOSE.length)
  return `${isFirst ? OPEN : ''}${item}${isLast ? CLOSE : ',\n'}`
}

/** Whether the same object is in it at two places. */
function hasTwice(value: unknown, seen = new Set<unknown>()): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (seen.has(value)) return true
  seen.add(value)
  return Object.values(value).some((part) => hasTwice(part, seen))
}
