import type { OutboundRequest } from '../../ports/http.ts'
import type { MailMessage } from '../../ports/mail.ts'
import type { NatsMessage } from '../../ports/nats.ts'
import type { Redact } from '../../redact/redact.ts'
import type { RequestPreview } from './explanation.ts'

/**
 * Headers that hold no credential, whatever the type. Any other one may be a token, a signature or a key
 * that was derived from one, which a redactor does not know.
 */
const PUBLIC_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'content-encoding',
  'content-type',
  'gotk-component',
  'x-github-api-version',
])

const MASK = '***'

/** A request of a formatter with its secrets masked in URL, headers and body. */
export function maskRequest(request: OutboundRequest, redact: Redact): RequestPreview {
  const body = textOf(request.body)
  return {
    method: request.method,
    url: maskUrl(request.url, redact),
    headers: maskHeaders(request.headers, redact),
    ...(body !== undefined && { body: redact(body) }),
  }
}

/** A message of NATS; its credentials go to the server before it, and are not shown. */
export function maskMessage(message: NatsMessage, redact: Redact): RequestPreview {
  return {
    method: 'PUBLISH',
    url: redact(message.server),
    headers: {},
    subject: redact(message.subject),
    body: redact(message.body),
  }
}

/** A mail; its credentials go to the server before it, and are not shown. */
export function maskMail(message: MailMessage, redact: Redact): RequestPreview {
  const { server, from, to, subject, text } = message
  const headers = { from: from.address, to: to.join(', ') }
  return {
    method: 'MAIL',
    url: redact(`${server.tls === 'implicit' ? 'smtps' : 'smtp'}://${server.host}:${server.port}`),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, redact(value)]),
    ),
    subject: redact(subject),
    body: redact(text),
  }
}

/** A URL without what is secret in it; of user info nothing is shown. */
export function maskUrl(url: string, redact: Redact): string {
  const plain = url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, `$1${MASK}@`)
  // A path that is secret as a whole is masked with its first slash.
  return redact(plain).replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#*]+)\*\*\*/i, `$1/${MASK}`)
}

function maskHeaders(headers: OutboundRequest['headers'], redact: Redact) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const isPublic = PUBLIC_HEADERS.has(name.toLowerCase())
      return [redact(name), isPublic ? redact(value) : MASK] as const
    }),
  )
}

/** The text of a body; undefined for bytes that are no text, such as Protobuf. */
function textOf(body: OutboundRequest['body']): string | undefined {
  if (typeof body === 'string') return body
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return undefined
  }
}
