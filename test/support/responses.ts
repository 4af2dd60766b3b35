import fc from 'fast-check'
import { type HttpResponse, MAX_RESPONSE_BYTES } from '../../relay/ports/http.ts'
import { anyCharacter } from './any-character.ts'
import { START } from './manual-clock.ts'
import { webUrl } from './web-url.ts'

/** Bodies that some type understands, whole, cut, or beside what it expects. */
const KNOWN_BODIES = [
  '{"ok":false,"error":"invalid_auth"}',
  '{"ok":false,"error":"ratelimited"}',
  '{"ok":false}',
  '{"ok":false,"error":17}',
  '  {"ok":false,"error":{"a":[]}}',
  '{"ok":true}',
  'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429',
  'Webhook message delivery failed: returned HTTP error 200',
  'Webhook message delivery failed',
  '{"message":"API rate limit exceeded"}',
  '{"message":{"name":["is too long"]}}',
  '{"message":"Cannot transition status via :drop from :failed"}',
  '{"error":null,"errors":[{"message":"a"},"b",3,null]}',
  '{"message":"line\\none\\u0000\\u001b[31m"}',
  '{"code":11232,"msg":"frequency limited"}',
  '{"code":19001,"msg":"token invalid"}',
  '{"code":0,"msg":"success"}',
  '{"ok":false,"error_code":429,"parameters":{"retry_after":5}}',
  '{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":1e999}',
  '{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":-1}',
  '{"result":"error","msg":"limit","retry-after":0.25}',
  '{"message":"You are being rate limited.","retry_after":64.57,"global":false}',
  '<html>Sign in</html>',
  'null',
  '[]',
  '""',
] as const

const deep = (depth: number) => ({
  object: '{"message":'.repeat(depth),
  array: `{"message":${'['.repeat(depth)}${']'.repeat(depth)}}`,
  errors: `{"errors":[${'{"message":'.repeat(depth)}1${'}'.repeat(depth)}]}`,
})

const knownBody = fc.constantFrom(...KNOWN_BODIES)
const cutBody = fc
  .tuple(fc.oneof(knownBody, fc.json()), fc.nat(80))
  .map(([text, length]) => text.slice(0, length))
const deepBody = fc
  .tuple(fc.integer({ min: 1, max: 9_000 }), fc.constantFrom('object', 'array', 'errors'))
  .map(([depth, kind]) => deep(depth)[kind])
const repeatedBody = fc
  .tuple(fc.constantFrom('a', '\0', '{', '\\', '"', '[{', '\ufffd', 'é…'), fc.nat(20_000))
  .map(([piece, count]) => piece.repeat(count))
const longMessage = fc
  .tuple(repeatedBody, fc.nat(3_000))
  .map(([text, length]) => text.slice(0, length))
  .map((message) => JSON.stringify({ ok: false, message, error: message }))

/** Texts of all kinds, as the client hands them out. */
export const bodyArbitrary: fc.Arbitrary<string> = fc
  .oneof(
    knownBody,
    cutBody,
    deepBody,
    repeatedBody,
    longMessage,
    fc.json(),
    fc.string({ unit: anyCharacter, maxLength: 200 }),
  )
  .map((body) => body.slice(0, MAX_RESPONSE_BYTES))

/** Of these, some are right, some nearly. */
export const retryAfterArbitrary: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '0',
    '120',
    '99999999999999999999',
    '-1',
    '1.5',
    '1e9',
    '0x10',
    '',
    ' 30 ',
    'Fri, 20 Nov 2026 09:15:03 GMT',
    'Fri, 20 Nov 9999 09:15:03 GMT',
    'Fri, 31 Feb 2026 99:99:99 GMT',
    '2026-11-20T09:15:03Z',
    'soon',
    'NaN',
    'Infinity',
  ),
  fc.string({ maxLength: 20 }),
)

const headersArbitrary = fc.record(
  {
    'retry-after': retryAfterArbitrary,
    'x-ratelimit-remaining': fc.constantFrom('0', '00', '-0', '5', ''),
    'x-ratelimit-reset': fc.oneof(retryAfterArbitrary, fc.nat().map(String)),
    date: retryAfterArbitrary,
    'content-type': fc.constantFrom(
      'text/html',
      'application/json',
      'TEXT/HTML;x',
      'image/png',
      '',
    ),
    'content-encoding': fc.constantFrom('gzip', 'br'),
    location: webUrl,
  },
  { requiredKeys: [] },
)

const statusArbitrary = fc.oneof(
  fc.constantFrom(200, 203, 204, 206, 299, 300, 304, 400, 401, 403, 408, 409, 410, 425, 429, 500),
  fc.integer({ min: 200, max: 999 }),
)

/** Everything that the client can make of an answer. */
export const responseArbitrary: fc.Arbitrary<HttpResponse> = fc.record({
  kind: fc.constant('response' as const),
  status: statusArbitrary,
  headers: headersArbitrary.map((headers): Readonly<Record<string, string>> => ({ ...headers })),
  body: bodyArbitrary,
  truncated: fc.boolean(),
  receivedAt: fc.constant(START),
})
