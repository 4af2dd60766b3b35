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

const SPECIAL = ['"\\', '+/', '&<', "%'", 'é>', ' =', '?#', '€;'] as const

export function createCanaries(): Canaries {
  const planted = new Map<string, string>()
  const base64 = new Base64Reader()
  return {
    plant(place, shape = 'token') {
      const secret = canaryOf(place, shape)
      planted.set(place, secret)
      return secret
    },
    leaksIn(text) {
      const pieces = readings(text, base64).flatMap((reading) => reading.match(PIECE) ?? [])
      return [...new Set(pieces)].map((piece) => `${placeOf(planted, piece)}: ${piece}`)
    },
    placesIn(text) {
      const all = readings(text, base64)
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
function readings(text: string, base64: Base64Reader): readonly string[] {
  const all = [text]
  for (let depth = 0; depth < 3; depth += 1) {
    const last = all.at(-1) ?? ''
    const next = unescaped(last)
    if (next === last) break
    all.push(next)
  }
  return [...all, ...all.flatMap((reading) => base64.contentsOf(reading))]
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

function jsonUnescaped(escaped: string): string {
  return JSON.parse(`"${escaped}"`) as string
}

function percentDecoded(run: string): string {
  try {
    return decodeURIComponent(run)
  } catch {
    return run
  }
}

/** Finds what is base64 in texts; it remembers where no secret was, since outputs repeat much. */
class Base64Reader {
  readonly #clean = new Set<string>()

  contentsOf(text: string): readonly string[] {
    return (text.match(/[\w+/-]{8,}/g) ?? []).flatMap((run) => this.#contents(run))
  }

  /** A base64 text may stand within a longer one, so it is read from each of four places. */
  #contents(run: string): readonly string[] {
    if (this.#clean.has(run)) return []
    const contents = [0, 1, 2, 3].map((from) => Buffer.from(run.slice(from), 'base64').toString())
    if (contents.some((content) => content.includes(MARK))) return contents
    this.#clean.add(run)
    return []
  }
}
