/** A text with its escapes decoded. */
export interface DecodedText {
  readonly text: string
  /**
   * The index in the original of a UTF-16 unit of `text`. The end of `text` maps to the end of the
   * original.
   */
  offsetOf(index: number): number
}

/** How often escapes are decoded: enough for JSON in JSON in a URL. */
const MAX_DEPTH = 3

/**
 * The text as it is, and with its escapes decoded once, twice and three times, while that changes
 * it. Escapes are those of JSON (RFC 8259, section 7), URLs (RFC 3986, section 2.1; ASCII only) and
 * HTML.
 */
export function decodings(text: string): readonly DecodedText[] {
  const all: DecodedText[] = [{ text, offsetOf: (index) => index }]
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const last = all[depth]
    const next = last && decodeOnce(last)
    if (!next) break
    all.push(next)
  }
  return all
}

const ESCAPES =
  /\\u([\da-fA-F]{4})|\\(["\\/bfnrt])|%([0-7][\da-fA-F])|(%[89a-fA-F][\da-fA-F])|&#(\d{1,7});|&#[xX]([\da-fA-F]{1,6});|&(amp|lt|gt|quot|apos);/g

const JSON_ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}
const HTML_NAMES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
}

/** The text with its escapes decoded once; undefined when there are none. */
function decodeOnce(source: DecodedText): DecodedText | undefined {
  const parts: string[] = []
  // Grows by pieces: how far the text has shrunk up to there.
  const offsets: number[] = []
  let from = 0
  const copyTo = (end: number) => {
    parts.push(source.text.slice(from, end))
    for (let index = from; index < end; index += 1) offsets.push(index)
  }
  for (const match of source.text.matchAll(ESCAPES)) {
    const plain = resolve(match)
    copyTo(match.index)
    parts.push(plain)
    for (let unit = 0; unit < plain.length; unit += 1) offsets.push(match.index)
    from = match.index + match[0].length
  }
  if (from === 0) return undefined
  copyTo(source.text.length)
  const text = parts.join('')
  const end = source.text.length
  return { text, offsetOf: (index) => source.offsetOf(offsets[index] ?? end) }
}

function resolve(match: RegExpExecArray): string {
  const [all, unit, json, ascii, byte, decimal, hex, name] = match
  if (unit !== undefined) return String.fromCharCode(Number.parseInt(unit, 16))
  if (json !== undefined) return JSON_ESCAPES[json] ?? json
  if (ascii !== undefined) return String.fromCharCode(Number.parseInt(ascii, 16))
  // Of UTF-8 sequences only the spelling is made one: `secretForms` has them too.
  if (byte !== undefined) return byte.toUpperCase()
  if (name !== undefined) return HTML_NAMES[name] ?? all
  const codePoint = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
  return codePoint <= 0x10_ffff ? String.fromCodePoint(codePoint) : all
}
