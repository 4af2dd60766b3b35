import { type Random, seededRandom } from '../random.ts'

const SCALARS = [
  ...[
    'a',
    'b c',
    '1',
    '0x1F',
    '0123',
    'yes',
    'n',
    '~',
    '',
    '1e3',
    '.5',
    '1_0',
    '"q"',
    '"a\\nb"',
    "'s'",
  ],
  ...[
    "'it''s'",
    '!!str 1',
    '!!int "1"',
    '!x y',
    '! 1',
    '!!binary aGk=',
    '2026-11-28',
    '1:30',
    'a#b',
  ],
  ...[
    'a #c',
    '"x" #c',
    '- ',
    'null',
    '*a',
    '&a x',
    '&b 1',
    '*b',
    'a:b',
    'http://x/y?z=1',
    '-1',
    '+1',
  ],
  ...['-', '?', 'a, b', '[1, 2]', '{a: 1}', '{a: , b}', '[a: 1]', '[]', '{}', '@x', '%x', '|', '>'],
  ...[
    '"unclosed',
    'x"y"',
    "'a' b",
    'é',
    '😀',
    'a\t',
    '<<',
    '=',
    '"\\u00e9"',
    '"\\x41"',
    '"\\ "',
    '0o7',
  ],
  ...[
    '1.',
    '.',
    '...',
    '---',
    '--- a',
    '!',
    '!!null x',
    '!!bool yes',
    'true',
    '{<<: {a: 1}}',
    '{a:1}',
  ],
  ...[
    '["a","b"]',
    '[a,]',
    'a\\b',
    '`x`',
    '~x',
    ',',
    'a]',
    'a}',
    '{a',
    '[a',
    '":"',
    '&a',
    '!t &a x',
  ],
]

const KEYS = [
  ...[
    'k',
    'l',
    'm',
    'a',
    'b',
    '"q"',
    "'s'",
    'yes',
    '1',
    '<<',
    '? k',
    'k ',
    'k b',
    '~',
    '- k',
    '&a k',
  ],
  ...['!!str k', 'x-y', 'k/l.m', '0x1', '[k]', '{k: 1}', '""', '"a b"', '?', 'k#', 'é'],
]

const BLOCK_HEADERS = ['|', '>', '|-', '>-', '|+', '>+', '|2', '>1', '| # c', '|2-']
const BLOCK_LINES = ['a', 'b: c', '# d', '', '- e', ' f', '  ']
const OPENINGS = ['a', '"a', "'a", '[a,', '{a: 1,', '[', '{']
const ENDS = ['b', 'b"', "b'", 'b]', 'b: 2}', ']', '}', '"b", c]', '- b]', '# c\n]', '\n b"']

/** Texts that are YAML, or just are not; the same for the same seed. */
export function randomDocuments(seed: number, count: number): readonly { readonly yaml: string }[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => {
    const body = block(random, 3, 0)
    const text = random.pick(['', '', '', '', '---\n', '# c\n\n']) + body
    const lines = random.chance(0.05) ? text.replaceAll('\n', '\r\n') : text
    return { yaml: random.chance(0.1) ? lines.trimEnd() : lines }
  })
}

function block(random: Random, depth: number, indent: number): string {
  return random.chance(0.6) ? mapping(random, depth, indent) : list(random, depth, indent)
}

function mapping(random: Random, depth: number, indent: number): string {
  return repeat(random, 4, (index) => {
    const key = random.chance(0.7) ? `${random.pick(['k', 'l', 'm'])}${index}` : random.pick(KEYS)
    return `${' '.repeat(indent)}${key}:${value(random, depth, indent)}`
  })
}

function value(random: Random, depth: number, indent: number): string {
  const kind = random.int(20)
  if (depth > 0 && kind < 6) return nested(random, depth, indent)
  if (kind < 8) {
    const lines = repeat(random, 3, () => {
      const spaces = ' '.repeat(indent + random.pick([1, 2, 2, 2, 3, 0]))
      return `${spaces}${random.pick(BLOCK_LINES)}\n`
    })
    return ` ${random.pick(BLOCK_HEADERS)}\n${lines}`
  }
  if (kind < 10) {
    const spaces = ' '.repeat(random.pick([indent, indent + 1, indent + 2, 0]))
    return ` ${random.pick(OPENINGS)}\n${spaces}${random.pick(ENDS)}\n`
  }
  return ` ${random.pick(SCALARS)}${random.pick(['', '', '', ' # c', '  '])}\n`
}

function nested(random: Random, depth: number, indent: number): string {
  const properties = random.pick(['', '', '', '', ' &a', ' !!map', ' !x', ' # c'])
  const inner = random.chance(0.25)
    ? list(random, depth - 1, indent)
    : block(random, depth - 1, indent + random.pick([1, 2, 2, 2, 4, 0]))
  return `${properties}\n${inner}`
}

function list(random: Random, depth: number, indent: number): string {
  return repeat(random, 3, () => {
    const start = `${' '.repeat(indent)}-`
    const kind = depth > 0 ? random.int(10) : 9
    if (kind < 3) return `${start} ${mapping(random, depth - 1, indent + 2).trimStart()}`
    if (kind < 4) return `${start}\n${block(random, depth - 1, indent + 2)}`
    if (kind < 5) return `${start} ${list(random, depth - 1, indent + 2).trimStart()}`
    return `${start} ${random.pick(SCALARS)}\n`
  })
}

function repeat(random: Random, most: number, make: (index: number) => string): string {
  return Array.from({ length: 1 + random.int(most) }, (_, index) => make(index)).join('')
}
