/** A part of a value that is secret by itself. Some words of a path are not secret. */
export interface SecretPiece {
  readonly kind: 'text' | 'path'
  readonly text: string
}

/** The secret parts of a value, without the public text beside them. */
export function secretPieces(value: string): readonly SecretPiece[] {
  const leaves = jsonLeaves(value)
  if (leaves) return leaves.flatMap(linesOf).filter(isCredential).flatMap(piecesOfLine)
  const lines = linesOf(value)
  const [only] = lines
  if (only !== undefined && lines.length === 1) return piecesOfLine(only)
  return lines.flatMap(piecesOfOneOfLines)
}

/** The texts in a JSON object or array; undefined for any other text. */
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

/**
 * A text that may be a credential, unlike a word of a path: it has a digit or a capital letter, or
 * is long.
 */
const CREDENTIAL = /^(?=.*[\dA-Z]).{8,}$|^.{16,}$/

const HOST = /^(?:[a-z\d-]+\.){2,}[a-z]{2,}(?::\d+)?$/

/**
 * An e-mail address, such as `relay@project.iam.gserviceaccount.com` in the key of a Google service
 * account. It names the account, and is not secret.
 */
const EMAIL = /^[\w.+-]{1,64}@(?:[a-z\d-]+\.){1,8}[a-z]{2,}$/

/** Whether a part of a value may open something by itself. */
export function isCredential(text: string): boolean {
  return CREDENTIAL.test(text) && !HOST.test(text) && !EMAIL.test(text)
}

/**
 * Whether it is the first or last line of a PEM block, such as `-----BEGIN PRIVATE KEY-----`: RFC 7468. A pattern
 * that looks for dashes at both ends takes hours for a long line of dashes.
 */
function isArmor(line: string): boolean {
  return line.length >= 6 && line.startsWith('---') && line.endsWith('---')
}

function linesOf(text: string): readonly string[] {
  return text
    .split(/[\n\r]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !isArmor(line))
}

/** The secret parts of one of several lines. Files contain sentences besides keys. */
function piecesOfOneOfLines(line: string): readonly SecretPiece[] {
  if (!line.includes(' ') || HEADER.test(line)) return piecesOfLine(line)
  return line.split(/\s+/).filter(isKeyLike).flatMap(piecesOfLine)
}

function isKeyLike(word: string): boolean {
  return word.length >= 16 || (word.length >= 8 && /\d/.test(word))
}

/** A header line: `token: abc`, `Authorization: Bearer abc`. */
const HEADER = /^[A-Za-z][\w-]{0,63}:\s+(\S.*)$/
const SCHEME = /^(?:bearer|basic|token|key|bot|api-?key|genie-?key)\s+(\S.*)$/i
const URL_WITH_HOST = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*(.*)$/i
const PATH = /^(\/[^?#]*)(?:[?#](.*))?$/

/** The texts before a secret that are left out, each once and in this order. */
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

/** The values of a text such as `key=abc&token=def`, or the whole of any other text. */
function textPieces(text: string): readonly SecretPiece[] {
  const values = pairValues(text)?.flatMap(decodings)
  return values?.flatMap(piecesOfValue) ?? [{ kind: 'text', text }]
}

/** The secret parts of a value. In `Endpoint=sb://host/path` only the path may be secret. */
function piecesOfValue(value: string): readonly SecretPiece[] {
  const [, path] = URL_WITH_HOST.exec(value) ?? []
  return path === undefined ? [{ kind: 'text', text: value }] : pathPieces(path)
}

/** A pair of a query or a cookie, and not base64 that ends in `=`. */
const PAIR = /^[A-Za-z][A-Za-z_.-]{0,31}=(?!=)(.+)$/

/**
 * The part of an Azure connection string that names the event hub, beside the keys.
 * https://learn.microsoft.com/azure/event-hubs/event-hubs-get-connection-string
 */
const HUB = /^EntityPath=/

/** The values of a query, a cookie or a connection string; undefined for any other text. */
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
