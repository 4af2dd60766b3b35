import { type ZodType, z } from 'zod'
import type { SecretData } from '../../../relay/model/secret.ts'
import type { OutboundRequest } from '../../../relay/ports/http.ts'
import type { HttpProvider } from '../../../relay/providers/contract.ts'
import { isHttpProvider } from '../../../relay/providers/contract.ts'
import { providerTypes } from '../../../relay/providers/registry.ts'

/** A request as a service documents it, written from its documentation, never from our code. */
export interface ServiceRequest {
  readonly method: 'POST' | 'PUT'
  readonly origin: string
  /** With the query. */
  readonly path: string | RegExp
  /** Headers that it must have, by their lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Reads the body as it is on the wire. */
  readonly body: ZodType<unknown, string>
  /** What the service answers when all is well. */
  readonly answer: { readonly status: number; readonly body: string }
}

/** A service, a Provider for it, and the requests that it then expects of an event, in order. */
export interface Service {
  /** Of its tests. */
  readonly name: string
  readonly type: string
  readonly spec: Readonly<Record<string, unknown>>
  readonly secret: SecretData
  readonly requests: (severity: string) => readonly ServiceRequest[]
}

/** The type that a service is spoken to with. Throws for one that speaks no plain HTTP. */
export function typeOf({ type }: Pick<Service, 'type'>): HttpProvider {
  const found = providerTypes.get(type)
  if (!found || !isHttpProvider(found)) throw new Error(`${type} is no HTTP type`)
  return found
}

/** A request that posts a body of any kind. */
export function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: ZodType<unknown, string>,
  answer: ServiceRequest['answer'],
): ServiceRequest {
  const { origin, pathname, search } = new URL(url)
  return {
    method: 'POST',
    origin,
    path: `${pathname}${search}`,
    headers,
    body,
    answer,
  }
}

/** A request that posts JSON; `headers` may name a charset. */
export function jsonPost(...[url, headers, body, answer]: Parameters<typeof post>): ServiceRequest {
  return post(url, { 'content-type': 'application/json', ...headers }, body, answer)
}

/** A body of JSON, of at most `maxBytes` bytes in UTF-8. */
export function jsonBody(schema: ZodType, maxBytes = Number.POSITIVE_INFINITY) {
  return z
    .string()
    .refine((text) => Buffer.byteLength(text) <= maxBytes, `longer than ${maxBytes} bytes`)
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(schema)
}

/** Text of at most `max` characters, counted in code points. */
export function characters(max: number, min = 0) {
  return z.string().refine((text) => {
    const { length } = [...text]
    return length >= min && length <= max
  }, `expected ${min} to ${max} characters`)
}

/** How a request differs from what the service takes; empty when it does not. */
export function problemsOf(expected: ServiceRequest, request: OutboundRequest): readonly string[] {
  const { origin, pathname, search } = new URL(request.url)
  const path = `${pathname}${search}`
  const isPath =
    typeof expected.path === 'string' ? path === expected.path : expected.path.test(path)
  const headers = Object.entries(expected.headers).filter(
    ([name, value]) => request.headers[name] !== value,
  )
  const body = expected.body.safeParse(String(request.body))
  return [
    ...(request.method === expected.method ? [] : [`method ${request.method}`]),
    ...(origin === expected.origin ? [] : [`origin ${origin}`]),
    ...(isPath ? [] : [`path ${path}`]),
    ...headers.map(([name]) => `header ${name}: ${request.headers[name]}`),
    ...(body.success ? [] : body.error.issues.map(issueText)),
  ]
}

function issueText({ path, message }: z.core.$ZodIssue): string {
  return `body ${path.join('.')}: ${message}`
}
