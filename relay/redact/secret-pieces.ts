/** A part of a value that is secret by itself. Of a path some words are not. */
export interface SecretPiece {
  readonly kind: 'text' | 'path'
  readonly text: string
}

/** What in a value is secret, without what is said beside it. */
export function secretPieces(value: string): readonly SecretPiece[] {
  const leaves = jsonLeaves(value)
  if (leaves) return leaves.flatMap(linesOf).filter(isCredential).flatMap(piecesOfLine)
  const lines = linesOf(value)
  const [only] = lines
  if (only !== undefined && lines.length === 1) return piecesOfLine(only)
  return lines.flatMap(piecesOfOneOfLines)
}

/** The texts within a JSON object or array. Undefined for what is none. */
export function jsonLeaves(value: string): readonly string[] | undefined {
  if (!/^\s*[{[]/.test(value)) return undefined
  const leaves: string[] = []
  try {
    JSON.parse(value, (_, part: unknown) => {
      if (typeof part === 'string') leaves.push(part)
      return part
    })
  } catch {
    return undefined
  }
  return leaves
}

/** Unlike a word of a path: with a digit or a capital, or long. */
const CREDENTIAL = /^(?=.*[\dA-Z]).{8,}$|^.{16,}$/

const HOST = /^(?:[a-z\d-]+\.){2,}[a-z]{2,}(?::\d+)?$/

/** As in the key of a service account of Google, whom it names: `relay@project.iam.gserviceaccount.com`. */
const EMAIL = /^[\w.+-]{1,64}@(?:[a-z\d-]+\.){1,8}[a-z]{2,}$/

/** Whether a part of a value may open something by itself. */
export function isCredential(text: string): boolean {
  return CREDENTIAL.test(text) && !HOST.test(text) && !EMAIL.test(text)
}

/** `-----BEGIN PRIVATE KEY-----`: RFC 7468. */
const ARMOR = /^-{3,}.*-{3,}$/

function linesOf(text: string): readonly string[] {
  return text
    .split(/[\n\r]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !ARMOR.test(line))
}

/** Beside keys, files have sentences. */
function piecesOfOneOfLines(line: string): readonly SecretPiece[] {
  if (!line.includes(' ') || HEADER.test(line)) return piecesOfLine(line)
  return line.split(/\s+/).filter(isKeyLike).flatMap(piecesOfLine)
}

function isKeyLike(word: string): boolean {
  return word.length >= 16 || (word.length >= 8 && /\d/.test(word))
}

/** `token: abc`, `Authorization: Bearer abc`. */
const HEADER = /^[A-Za-z][\w-]{0,63}:\s+(\S.*)$/
const SCHEME = /^(?:bearer|basic|token|key|bot|api-?key|genie-?key)\s+(\S.*)$/i
const URL_WITH_HOST = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*(.*)$/i
const PATH = /^(\/[^?#]*)(?:[?#](.*))?$/

/** What stands before a secret is left out in this order, each once. */
const BEFORE_SECRET = [HEADER, SCHEME, URL_WITH_HOST] as const

function piecesOfLine(line: string): readonly SecretPiece[] {
  const secret = BEFORE_SECRET.reduce((text, before) => before.exec(text)?.[1] ?? text, line)
  if (HOST.test(secret)) return []
  const [, path, query = ''] = PATH.exec(secret) ?? []
  if (path === undefined) return textPieces(secret)
  return [...pathPieces(path), ...textPieces(query)]
}

function pathPieces(path: string): readonly SecretPiece[] {
  return decodings(path).map((text) => ({ kind: 'path', text }))
}

/** Of `key=abc&token=def` the values, of all else the whole. */
function textPieces(text: string): readonly SecretPiece[] {
  const values = pairValues(text)?.flatMap(decodings)
  return values?.flatMap(piecesOfValue) ?? [{ kind: 'text', text }]
}

/** Of `Endpoint=sb://host/path` the path is what may be secret. */
function piecesOfValue(value: string): readonly SecretPiece[] {
  const [, path] = URL_WITH_HOST.exec(value) ?? []
  return path === undefined ? [{ kind: 'text', text: value }] : pathPieces(path)
}

/** A name that may be one of a query or a cookie, and no base64 that ends in `=`. */
const PAIR = /^[A-Za-z][A-Za-z_.-]{0,31}=(?!=)(.+)$/

/**
 * What Azure's connection strings say beside keys: which event hub.
 * https://learn.microsoft.com/azure/event-hubs/event-hubs-get-connection-string
 */
const HUB = /^EntityPath=/

/** The values of a query, a cookie or a connection string. Undefined for what is none. */
export function pairValues(line: string): readonly string[] | undefined {
  const pairs = line.split(/&|;\s*/).filter((pair) => pair !== '' && !HUB.test(pair))
  const values = pairs.map((pair) => PAIR.exec(pair)?.[1])
  return values.every((value) => value !== undefined) ? values : undefined
}

function decodings(text: string): readonly string[] {
  try {
    return [...new Set([text, decodeURIComponent(text)])]
  } catch {
    return [text]
  }
}
