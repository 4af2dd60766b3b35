const MASK = '***'

/** Shorter values would mask half of every sentence; no credential is that short. */
const MIN_LENGTH = 4

/** Masks what is secret in a text. */
export type Redact = (text: string) => string

/** Masks nothing: for texts made before any secret was read. */
export const redactNothing: Redact = (text) => text

/**
 * A redactor for one delivery's secrets. It knows each value as it is, URL-encoded, in base64, and
 * escaped as in JSON; and each part of a value that is a path, since services echo single parts.
 */
export function createRedactor(values: readonly string[]): Redact {
  const forms = new Set(values.flatMap(formsOf).filter((form) => form.length >= MIN_LENGTH))
  if (forms.size === 0) return redactNothing
  const longestFirst = [...forms].sort((a, b) => b.length - a.length)
  return (text) => longestFirst.reduce((masked, form) => masked.replaceAll(form, MASK), text)
}

function formsOf(value: string): readonly string[] {
  const parts = [value, value.trim(), ...value.split(/[\n\r]+/), ...credentialParts(value)]
  return parts.flatMap((part) => [
    part,
    encodeURIComponent(part.toWellFormed()),
    JSON.stringify(part).slice(1, -1),
    ...base64Forms(part),
  ])
}

/** Of `/services/T024BE7LD/B0/XYZ` or `user:app-password` the parts that may open something. */
function credentialParts(value: string): readonly string[] {
  return value.split(/[/:]/).filter((part) => CREDENTIAL.test(part))
}

const CREDENTIAL = /^(?=.*\d).{8,}$|^.{16,}$/

/**
 * The base64 of a value that stands anywhere in a longer base64 text: three alignments, each
 * without the characters at its ends that depend on the neighbours.
 */
function base64Forms(value: string): readonly string[] {
  if (value.length < MIN_LENGTH * 2) return [Buffer.from(value).toString('base64')]
  const bytes = Buffer.from(value)
  return [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes])
    const start = offset === 0 ? 0 : offset + 1
    const end = Math.floor((padded.length * 8) / 6)
    const text = padded.toString('base64').slice(start, end)
    return [text, text.replaceAll('+', '-').replaceAll('/', '_')]
  })
}
