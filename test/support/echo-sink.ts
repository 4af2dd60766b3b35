import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { startListening } from './servers.ts'

/** What came in, as one text: request line, headers, body. */
export interface EchoedRequest {
  readonly url: string
  readonly headers: string
  readonly values: readonly string[]
  readonly body: string
  readonly raw: string
}

/** Ways in which a destination may repeat what it was sent. */
export const ECHOES: readonly ((request: EchoedRequest) => string)[] = [
  ({ raw }) => raw,
  ({ raw }) => JSON.stringify({ message: raw }),
  // As PHP and Go write JSON.
  ({ raw }) => JSON.stringify({ error: raw }).replaceAll('/', '\\/'),
  ({ raw }) =>
    JSON.stringify({ errors: [raw] }).replace(
      /[<>&'+\u0080-\uffff]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  ({ raw }) => htmlEscaped(raw),
  ({ raw }) => encodeURIComponent(raw).replace(/%../g, (escaped) => escaped.toLowerCase()),
  ({ raw }) => raw.replace(/(?:%[\dA-F]{2})+/gi, decodedOrNot),
  ...['', 'x', 'xx'].map(
    (before) =>
      ({ raw }: EchoedRequest) =>
        base64(before + raw),
  ),
  ({ raw }) => Buffer.from(raw).toString('base64url'),
  ({ raw }) => JSON.stringify({ message: encodeURIComponent(base64(raw)) }),
  // Single values, and what is in those that are base64.
  ({ values }) => values.join(' | '),
  ({ values }) => values.map((value) => Buffer.from(value, 'base64').toString()).join(' | '),
  ({ values }) =>
    values.flatMap((value) => Buffer.from(value, 'base64').toString().split(':')).join(' | '),
  ({ values }) => values.map(base64).join(' '),
  // Parts of paths.
  ({ url }) => url.split(/[/?&=]/).join(' '),
  ({ url }) =>
    url
      .split(/[/?&=]/)
      .map((part) => part.replace(/(?:%..)+/g, decodedOrNot))
      .join(' '),
  ({ body }) => body,
  ({ body }) => JSON.stringify({ message: JSON.stringify({ body }) }),
  ({ body }) => base64(body),
  // Values, and parts of paths, without their ends.
  ({ values }) => values.map((value) => `got ${value.slice(2, -2)}, no more`).join(' | '),
  ({ url }) =>
    url
      .split(/[/?&=]/)
      .map((part) => `<${part.slice(1, -3)}>`)
      .join(' '),
  // So much that the answer is cut.
  ({ raw }) => `${raw}\n`.repeat(60),
]

function htmlEscaped(value: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return `<pre>Cannot ${value.replace(/[&<>"']/g, (char) => entities[char] ?? char)}</pre>`
}

function decodedOrNot(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function base64(value: string): string {
  return Buffer.from(value).toString('base64')
}

/** A destination that repeats all that it gets, and keeps it. */
export interface EchoSink {
  readonly port: number
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** All requests so far. */
  received(): string
}

/** A part of a path, or of a body, that tells an `EchoSink` how to answer. */
export function echoPath(status: number, echo: number): string {
  return `echo-${status}-${echo}`
}

const ECHO_PATH = /echo-(\d+)-(\d+)/

export async function startEchoSink(): Promise<EchoSink> {
  const received: string[] = []
  const server = createServer(async (incoming, response) => {
    const request = await readRequest(incoming)
    received.push(request.raw)
    const [, status = '404', echo = '0'] =
      ECHO_PATH.exec(request.url) ?? ECHO_PATH.exec(request.body) ?? []
    const body = ECHOES[Number(echo)]?.(request) ?? ''
    // A header takes no line breaks and no character beyond Latin-1.
    const value = encodeURI(request.raw).slice(0, 4_000)
    response.writeHead(Number(status), {
      'Content-Type': `application/json; echo=${value}`,
      'Retry-After': value,
      'WWW-Authenticate': value,
      'X-Echo': [value, value],
      Location: value,
    })
    response.end(body)
  })
  const { port } = await startListening(server)
  return { port, url: `http://127.0.0.1:${port}`, received: () => received.join('\n') }
}

async function readRequest(incoming: IncomingMessage): Promise<EchoedRequest> {
  const body = await text(incoming)
  const { url = '', method, rawHeaders } = incoming
  const pairs = rawHeaders.flatMap((value, index) =>
    index % 2 === 0 ? [[value, rawHeaders[index + 1] ?? ''] as const] : [],
  )
  const headers = pairs.map(([name, value]) => `${name}: ${value}`).join('\n')
  const values = pairs.flatMap(([, value]) => [value, ...value.split(/[ ;,]+/).slice(1)])
  return { url, headers, values, body, raw: `${method} ${url}\n${headers}\n\n${body}` }
}
