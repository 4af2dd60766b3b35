import { isCredential, jsonLeaves, pairValues } from './secret-pieces.ts'

/**
 * The texts in which a secret value can appear, in addition to the escapes that `decodings`
 * decodes.
 */
export function secretForms(value: string): readonly string[] {
  const parts = new Set(partsOf(value))
  const decoded = new Set([...parts].map(percentDecoded))
  const texts = new Set([...parts, ...[...decoded].flatMap(partsOf)])
  return [...texts].flatMap(encodedForms)
}

/** A text as it is, and as it may be encoded in ways that `decodings` does not decode. */
export function encodedForms(text: string): readonly string[] {
  return encodings(text).flatMap((form) => [form, ...base64Forms(form)])
}

function partsOf(text: string): readonly string[] {
  return [
    text,
    text.trim(),
    ...text.split(/[\n\r]+/),
    // As a message is shown: in one line.
    text.replace(/[\s\p{Cc}]+/gu, ' '),
    ...credentialParts(text),
  ]
}

function percentDecoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A pair such as `user:app-password`, whose password is secret whatever it looks like. */
const PAIR = /^[^\s:/]+:([^\s:/]+)$/

/**
 * The parts of a value such as `/services/T024BE7LD/B0/XYZ` or `session=4f2a81bc; theme=dark` that
 * may be credentials.
 */
function credentialParts(text: string): readonly string[] {
  const [, password] = PAIR.exec(text) ?? []
  // Names of fields open nothing.
  const texts = jsonLeaves(text) ?? pairValues(text) ?? [text]
  const parts = texts.flatMap((part) => part.split(/[\s/:;,=&?@#|"']+/)).filter(isCredential)
  return password === undefined ? parts : [...parts, password]
}

/** Characters that no encoding escapes: https://url.spec.whatwg.org/#urlencoded-serializing */
const PLAIN = /^[\w.*-]+$/

function encodings(text: string): readonly string[] {
  if (PLAIN.test(text)) return [text]
  const wellFormed = text.toWellFormed()
  const ascii = wellFormed.replace(/\P{ASCII}+/gu, encodeURIComponent)
  const encoded = new Set([
    text,
    encodeURIComponent(wellFormed),
    JSON.stringify(text).slice(1, -1),
    ascii,
    // As in a form: https://url.spec.whatwg.org/#application/x-www-form-urlencoded
    text.replaceAll(' ', '+'),
    ascii.replaceAll(' ', '+'),
  ])
  return [...encoded]
}

/**
 * The shortest value whose base64 is searched for within other base64. Too little is left of
 * shorter ones.
 */
const MIN_LENGTH = 4

/**
 * The base64 of a value inside a longer base64 text. There are three alignments, each without the
 * characters at its ends that depend on the neighbours.
 */
function base64Forms(value: string): readonly string[] {
  if (value.length < MIN_LENGTH) return []
  return [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.from('\0'.repeat(offset) + value)
    const start = offset === 0 ? 0 : offset + 1
    const end = Math.floor((padded.length * 8) / 6)
    const text = padded.toString('base64').slice(start, end)
    return URL_UNSAFE.test(text) ? [text, text.replaceAll('+', '-').replaceAll('/', '_')] : [text]
  })
}

const URL_UNSAFE = /[+/]/
