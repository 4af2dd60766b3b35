import type { PatternToken } from './pattern-tokens.ts'

interface Group {
  size: number
  /** The size of the part that a following repetition repeats. */
  last: number
}

/** The cost of a class of Unicode such as `\pL`, which is hundreds of ranges of characters. */
const UNICODE_CLASS_SIZE = 30

/**
 * The cost of compiling a pattern: about as many instructions as it has characters, classes and
 * ranges of classes, each multiplied by its repetitions `{n}`.
 */
export function patternSize(tokens: readonly PatternToken[]): number {
  const groups: Group[] = []
  let group: Group = { size: 0, last: 0 }
  for (const token of tokens) {
    const { text, isInClass } = token
    if (text.startsWith('(') && !isInClass) {
      groups.push(group)
      // Two that say where it begins and ends, unless it only holds together.
      group = { size: text.endsWith(':') ? 0 : 2, last: 0 }
    } else if (text === ')' && !isInClass) {
      const outer = groups.pop() ?? { size: 0, last: 0 }
      group = { size: outer.size + group.size, last: group.size }
    } else {
      group = append(group, token)
    }
  }
  return groups.reduce((sum, { size }) => sum + size, group.size)
}

function append({ size, last }: Group, { text, isInClass }: PatternToken): Group {
  if (/^\\[pP]/.test(text)) return { size: size + UNICODE_CLASS_SIZE, last: 1 }
  if (isInClass) return text === ']' ? { size: size + 1, last: 1 } : { size, last }
  if (text.startsWith('[')) return { size, last }
  if (text.startsWith('\\Q')) return { size: size + text.length, last: 1 }
  const [whole, least = '', comma, most = ''] = REPETITION.exec(text) ?? []
  if (whole === undefined) return { size: size + 1, last: 1 }
  const copies = Math.max(Number(comma === '' ? least : most), Number(least), 1)
  // Each that may be left out takes an instruction more.
  const repeated = copies * last + (comma === '' ? 0 : copies - Number(least))
  return { size: size - last + repeated, last: repeated }
}

const REPETITION = /^\{(\d+)(,?)(\d*)\}$/
