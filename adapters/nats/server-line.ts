import { jsonValue } from '../../relay/model/json-value.ts'
import { ellipsize } from '../../relay/model/text.ts'
import { ConnectError } from '../http/failure.ts'

/** The part of a server's INFO that a publisher needs. */
export interface ServerInfo {
  readonly version: string
  readonly headers: boolean
  /** The nonce that is signed with an NKey. */
  readonly nonce?: string
  /** The most bytes of a message. */
  readonly maxPayload: number
  readonly tlsRequired: boolean
  readonly tlsAvailable: boolean
}

/**
 * A line that a server may send to a client without subscriptions except for answers:
 * https://docs.nats.io/reference/reference-protocols/nats-protocol
 */
export type ServerLine =
  | { readonly kind: 'INFO'; readonly info: ServerInfo }
  | { readonly kind: '-ERR'; readonly text: string }
  | { readonly kind: 'PING' | 'PONG' | '+OK' }
  /** The head of a message. `bytes` bytes of it follow, and a line end. */
  | { readonly kind: 'MSG' | 'HMSG'; readonly line: string; readonly bytes: number }

/** The most bytes of an answer; those of JetStream have some hundred. */
const MAX_ANSWER_BYTES = 64 * 1024

/** The most UTF-16 units of a server's own words that are repeated. */
const MAX_ERROR_LENGTH = 200

/** Reads a line without its end. Throws `ConnectError` for any other line. */
export function parseServerLine(line: string): ServerLine {
  const space = line.search(/[ \t]/)
  const operation = (space < 0 ? line : line.slice(0, space)).toUpperCase()
  const rest = space < 0 ? '' : line.slice(space).trim()
  switch (operation) {
    case 'INFO':
      return { kind: operation, info: parseInfo(rest) }
    case '-ERR':
      return { kind: operation, text: errorText(rest) }
    case 'PING':
    case 'PONG':
    case '+OK':
      return { kind: operation }
    case 'MSG':
    case 'HMSG':
      return { kind: operation, line, bytes: answerBytes(rest) }
    default:
      throw new ConnectError('protocol', 'the server does not speak the NATS protocol')
  }
}

/** Reads the number of bytes in `subject sid [reply-to] [header bytes] bytes`. */
function answerBytes(words: string): number {
  const [, digits = ''] = /[ \t](\d{1,10})$/.exec(words) ?? []
  const bytes = Number(digits)
  if (digits !== '' && bytes <= MAX_ANSWER_BYTES) return bytes
  throw new ConnectError('protocol', `the server sent an answer of over ${MAX_ANSWER_BYTES} bytes`)
}

const VERSION = /^\d{1,5}\.\d{1,5}\.\d{1,5}/

function errorText(quoted: string): string {
  const text = quoted.replace(/^'|'$/g, '').replace(/[\s\p{Cc}]+/gu, ' ')
  return ellipsize(text, MAX_ERROR_LENGTH)
}

function parseInfo(text: string): ServerInfo {
  const info = parseObject(text)
  const { version, nonce, max_payload: maxPayload } = info
  return {
    version: VERSION.exec(String(version))?.[0] ?? '0.0.0',
    headers: info.headers === true,
    ...(typeof nonce === 'string' && { nonce }),
    maxPayload: Number.isSafeInteger(maxPayload) ? Number(maxPayload) : Number.MAX_SAFE_INTEGER,
    tlsRequired: info.tls_required === true,
    tlsAvailable: info.tls_available === true,
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  const value = jsonValue(text)
  if (typeof value === 'object' && value !== null) return { ...value }
  throw new ConnectError('protocol', 'the INFO of the server is not a JSON object')
}
