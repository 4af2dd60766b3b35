import { type Random, seededRandom } from '../random.ts'

export interface Question {
  readonly pattern: string
  readonly subjects: readonly string[]
}

/** Letters with uncommon cases, digits and signs of other scripts, controls, and what patterns are made of. */
const CHARACTERS = [
  ...'abcksKSßẞéÉΩωİıiI07_- \n\r\t\0😀𐐀𐐨ǆǅǄςσΣⒶⓐαЖжᲀВꭰꝋꟜƛᲐაАµμÅåιθϴϑɤꟋ中١२€+<.~()[]{},*?|^$\\',
  ...['\u212a', '\u017f', '\u2126', '\u212b', '\u0345', '\u0301', '\u2028', '\u00a0'],
  ...['\ufffd', '\ufeff', '\u{10ffff}', '\u{1e943}', '\u{1e921}', '\u{10d50}', '\u{10d70}'],
]

const SPECIAL = new Set('()[]{}*?|^$\\+.')

const CLASS_NAMES = [
  ...[
    'Letter',
    'greek',
    'ASCII',
    'Greek',
    'L',
    'Lu',
    'l',
    'Lt',
    'Any',
    'any',
    'Assigned',
    'Cn',
    'LC',
  ],
  ...[
    'lc',
    'Cased_Letter',
    'Uppercase Letter',
    'uppercase-letter',
    'Nd',
    'digit',
    'punct',
    'Symbol',
  ],
  ...['Currency_Symbol', 'Zs', 'Cyrillic', 'CYRILLIC', 'Old_Italic', 'olditalic', 'Han', 'Hani'],
  ...[
    'Zzzz',
    '^Greek',
    '^L',
    '^greek',
    'Surrogate',
    'Co',
    'C',
    'cntrl',
    'M',
    'Combining_Mark',
    'No',
  ],
  ...[
    'Common',
    'Inherited',
    'Deseret',
    'Cherokee',
    'georgian',
    'White_Space',
    '',
    'ASCII_Hex_Digit',
  ],
  ...['latin', 'l&', 'L_', 'Unknown', 'IsGreek', 'SignWriting', 'Nko', 'Garay'],
]

const ESCAPES = [
  ...[
    '\\d',
    '\\D',
    '\\w',
    '\\W',
    '\\s',
    '\\S',
    '\\b',
    '\\B',
    '\\A',
    '\\z',
    '\\Z',
    '\\C',
    '\\E',
    '\\G',
  ],
  ...[
    '\\Q.*\\E',
    '\\Qa',
    '\\Q\\E',
    '\\Q[\\pX',
    '\\a',
    '\\f',
    '\\n',
    '\\r',
    '\\t',
    '\\v',
    '\\e',
    '\\h',
  ],
  ...[
    '\\x41',
    '\\x{41}',
    '\\x{10FFFF}',
    '\\x{110000}',
    '\\x{d800}',
    '\\x',
    '\\x4',
    '\\x{}',
    '\\xE9',
  ],
  ...[
    '\\0',
    '\\01',
    '\\101',
    '\\1',
    '\\8',
    '\\12',
    '\\377',
    '\\777',
    '\\x{212a}',
    '\\u0041',
    '\\k<n>',
  ],
  ...[
    '\\pL',
    '\\PL',
    '\\pN',
    '\\pl',
    '\\pz',
    '\\pX',
    '\\p',
    '\\_',
    '\\-',
    '\\é',
    '\\ ',
    '\\.',
    '\\/',
  ],
]

const POSIX_CLASSES = [
  ...['[:alpha:]', '[:^alpha:]', '[:word:]', '[:ascii:]', '[:upper:]', '[:lower:]', '[:space:]'],
  ...['[:punct:]', '[:graph:]', '[:print:]', '[:cntrl:]', '[:Alpha:]', '[:foo:]', '[:^foo:]'],
]

const GROUPS = [
  ...['(?i)', '(?s)', '(?m)', '(?U)', '(?is)', '(?-i)', '(?i-s)', '(?-)', '(?)', '(?i-)', '(?x)'],
  ...['(?i:', '(?s:', '(?m:', '(?U:', '(?i-s:', '(?-:', '(?-U:', '(?:', '(?:', '(', '(', '(?^i)'],
  ...['(?P<n>', '(?<n>', '(?P<m>', '(?<é>', '(?P<>', '(?P<1>', '(?<n', '(?P=n)', "(?'n'", '(?#c)'],
  ...['(?P<constructor>', '(?<__proto__>', '(?=', '(?!', '(?<=', '(?<!', '(?>', '(?|'],
]

const REPETITIONS = [
  ...[
    '*',
    '+',
    '?',
    '*?',
    '+?',
    '??',
    '{2}',
    '{2,}',
    '{0,2}',
    '{1,3}?',
    '{,2}',
    '{',
    '{a}',
    '{40}',
  ],
  ...['{1001}', '{0}', '{3,2}', '{01}', '{1,', '{0,0}', '**', '++', '*+', '{2}{3}', '{2}*', '{-1}'],
]

/** Patterns that Go takes or just does not, each with a dozen subjects; the same for the same seed. */
export function randomPatterns(seed: number, count: number): readonly Question[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => {
    const flags = random.pick(['', '', '', '', '(?i)', '(?i)', '(?s)', '(?m)', '^'])
    const body = flags + sequence(random, 3)
    const pattern = random.chance(0.1) ? `^(?:${body})$` : body
    return { pattern, subjects: subjects(random, pattern) }
  })
}

function sequence(random: Random, depth: number): string {
  return repeat(1 + random.int(3), () => node(random, depth))
}

function node(random: Random, depth: number): string {
  const kind = depth === 0 ? 0 : random.int(25)
  if (kind < 7) return literal(random)
  if (kind < 9) return random.pick(ESCAPES)
  if (kind < 11) return property(random)
  if (kind < 14) return characterClass(random)
  if (kind < 15) return random.pick(['.', '^', '$'])
  if (kind < 18) return `${sequence(random, depth - 1)}|${sequence(random, depth - 1)}`
  if (kind < 22) return group(random, depth)
  const repeated = kind < 24 ? node(random, depth - 1) : `(?:${sequence(random, depth - 1)})`
  return repeated + random.pick(REPETITIONS)
}

function group(random: Random, depth: number): string {
  const start = random.pick(GROUPS)
  if (start.endsWith(')')) return start
  return start + sequence(random, depth - 1) + (random.chance(0.97) ? ')' : '')
}

function literal(random: Random): string {
  const character = random.pick(CHARACTERS)
  return SPECIAL.has(character) && random.chance(0.85) ? `\\${character}` : character
}

function property(random: Random): string {
  const name = random.pick(CLASS_NAMES)
  const end = random.chance(0.97) ? '}' : ''
  return `${random.pick(['\\p', '\\p', '\\P'])}{${random.chance(0.15) ? name.toLowerCase() : name}${end}`
}

function characterClass(random: Random): string {
  const items = repeat(1 + random.int(4), () => {
    const kind = random.int(12)
    if (kind < 4) return literal(random)
    if (kind < 6) return `${literal(random)}-${literal(random)}`
    if (kind < 8) return random.pick(POSIX_CLASSES)
    if (kind < 10) return property(random)
    if (kind < 11) return random.pick(ESCAPES)
    return random.pick([']', '[', '-', '^', 'a-', '-a', '&&', 'a-z', 'A-Z', '0-9', '[=a=]'])
  })
  return `[${random.chance(0.3) ? '^' : ''}${items}${random.chance(0.97) ? ']' : ''}`
}

/** Short texts, some made of the pattern's own characters, and a long one. */
function subjects(random: Random, pattern: string): readonly string[] {
  const own = [...pattern].filter((character) => !SPECIAL.has(character))
  const text = (characters: readonly string[], length: number) =>
    repeat(length, () => random.pick(characters)).toWellFormed()
  const ofPattern = (length: number) => text(own.length > 0 ? own : CHARACTERS, length)
  return [
    ...Array.from({ length: 6 }, () => text(CHARACTERS, random.int(6))),
    ...Array.from({ length: 3 }, () => ofPattern(1 + random.int(5))),
    ofPattern(4).toUpperCase(),
    ofPattern(4).toLowerCase(),
    text([...own, ...CHARACTERS], random.chance(0.1) ? 2_000 : 60),
  ]
}

function repeat(count: number, make: () => string): string {
  return Array.from({ length: count }, make).join('')
}
