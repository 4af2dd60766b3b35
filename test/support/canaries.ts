import { createHash } from 'node:crypto'

/** How a planted secret looks. */
export type CanaryShape =
  /** Letters and digits. */
  | 'token'
  /** Letters only, short, as a word. */
  | 'word'
  /** With every character that some encoding escapes. */
  | 'special'

/** Secrets that are known again in any text, by any eight characters of theirs in a row. */
export interface Canaries {
  /** A secret for this place: always the same one. */
  plant(place: string, shape?: CanaryShape): string
  /** `place: what of it was found`, for each secret that a text holds in whatever encoding. */
  leaksIn(text: string): readonly string[]
  /** Places whose secret the text holds whole. */
  placesIn(text: string): ReadonlySet<string>
}

/** Every fourth character starts a mark, so no piece of eight characters is without a whole one. */
const MARK = 'zq'
const PIECE = /zq.{2}zq.{2}/gs

/**
 * A page of a database file may end in the middle of a canary, and the next one begins with zeros. No text has them, and
 * the marks before the last one are found by themselves.
 */
const PAGE_BEGINS = '\0'

const SPECIAL = ['"\\', '+/', '&<', "%'", 'é>', ' =', '?#', '€;'] as const

export function createCanaries(): Canaries {
  const planted = new Map<string, string>()
  return {
    plant(place, shape = 'token') {
      const secret = canaryOf(place, shape)
      planted.set(place, secret)
      return secret
    },
    leaksIn(text) {
      const found = readings(text).flatMap((reading) => reading.match(PIECE) ?? [])
      const pieces = found.filter((piece) => !piece.includes(PAGE_BEGINS))
      return [...new Set(pieces)].map((piece) => `${placeOf(planted, piece)}: ${piece}`)
    },
    placesIn(text) {
      const all = readings(text)
      const found = [...planted].filter(([, secret]) => all.some((text) => text.includes(secret)))
      return new Set(found.map(([place]) => place))
    },
  }
}

function canaryOf(place: string, shape: CanaryShape): string {
  const hex = createHash('sha256').update(place).digest('hex')
  const pairs = hex.match(/../g) ?? []
  const own = pairs.slice(0, shape === 'word' ? 3 : 6)
  if (shape === 'token') return own.map((pair) => MARK + pair).join('')
  const letters = own.map(
    (pair) => MARK + pair.replace(/\d/g, (d) => 'ghijklmnop'[Number(d)] ?? ''),
  )
  if (shape === 'word') return letters.join('')
  return [...letters, ...SPECIAL.map((pair) => MARK + pair)].join('')
}

function placeOf(planted: ReadonlyMap<string, string>, piece: string): string {
  const found = [...planted].filter(([, secret]) => secret.includes(piece))
  return found.length > 0 && found.length < 5 ? found.map(([place]) => place).join(' or ') : 'any'
}

/** The text as it is, without its escapes, and what is base64 in it, decoded. */
function readings(text: string): readonly string[] {
  const all = [text]
  for (let depth = 0; depth < 3; depth += 1) {
    const last = all.at(-1) ?? ''
    const next = unescaped(last)
    if (next === last) break
    all.push(next)
  }
  return [...all, ...all.flatMap(base64Contents)]
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
}

function unescaped(text: string): string {
  return text
    .replace(/\\(?:u[\da-fA-F]{4}|["\\/bfnrt])/g, jsonUnescaped)
    .replace(/(?:%[\da-f]{2})+/gi, percentDecoded)
    .replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity)
}

const JSON_ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

function jsonUnescaped(escaped: string): string {
  const [, kind = '', ...code] = escaped
  if (kind === 'u') return String.fromCharCode(Number.parseInt(code.join(''), 16))
  return JSON_ESCAPES[kind] ?? kind
}

function percentDecoded(run: string): string {
  try {
    return decodeURIComponent(run)
  } catch {
    return run
  }
}

/** How the base64 of any text with the mark looks there, by where in a group of three bytes it starts. */
const MARK_IN_BASE64 = /en[E-H]|[3HXn]px|6c[Q-Za-f]/g

const BASE64_CHARACTER = /[\w+/-]/
const BASE64_RUN = /[\w+/-]*/y

/** What is base64 in a text and has a mark, decoded. All else that may be base64 is not looked at. */
function base64Contents(text: string): readonly string[] {
  const contents: string[] = []
  let readTo = 0
  for (const { index } of text.matchAll(MARK_IN_BASE64)) {
    if (index < readTo) continue
    const [start, end] = base64RunAround(text, index)
    const run = text.slice(start, end)
    readTo = end
    // A base64 text may stand within a longer one, so it is read from each of four places.
    contents.push(...[0, 1, 2, 3].map((from) => Buffer.from(run.slice(from), 'base64').toString()))
  }
  return contents
}

/** Where the characters of base64 about a place start and end. */
function base64RunAround(text: string, index: number): readonly [number, number] {
  let start = index
  while (start > 0 && BASE64_CHARACTER.test(text.charAt(start - 1))) start -= 1
  BASE64_RUN.lastIndex = index
  return [start, index + (BASE64_RUN.exec(text)?.[0].length ?? 0)]
}
