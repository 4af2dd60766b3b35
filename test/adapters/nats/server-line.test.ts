import { expect, it } from 'vitest'
import { parseServerLine } from '../../../adapters/nats/server-line.ts'

const DEFAULTS = {
  version: '0.0.0',
  headers: false,
  maxPayload: Number.MAX_SAFE_INTEGER,
  tlsRequired: false,
  tlsAvailable: false,
}

it.each([
  [{}, {}],
  [{ version: '2.12.1' }, { version: '2.12.1' }],
  [{ version: '2.12.0-preview.1' }, { version: '2.12.0' }],
  [{ version: 'unknown' }, {}],
  [{ version: 2 }, {}],
  [{ headers: true }, { headers: true }],
  [{ headers: 'true', tls_required: 1, tls_available: null }, {}],
  [{ nonce: 'abc' }, { nonce: 'abc' }],
  [{ nonce: 7 }, {}],
  [{ max_payload: 1_048_576 }, { maxPayload: 1_048_576 }],
  [{ max_payload: 1.5 }, {}],
  [
    { tls_required: true, tls_available: true },
    { tlsRequired: true, tlsAvailable: true },
  ],
])('reads of an INFO what it says in the right type: %j', (info, read) => {
  expect(parseServerLine(`INFO ${JSON.stringify(info)}`)).toEqual({
    kind: 'INFO',
    info: { ...DEFAULTS, ...read },
  })
})

it.each(['INFO', 'INFO [', 'INFO null', 'INFO 1'])(
  'refuses an INFO that has no object: %s',
  (line) => {
    expect(() => parseServerLine(line)).toThrow('the INFO of the server is not a JSON object')
  },
)

it.each([
  ['MSG _INBOX.1 1 12', 12],
  ['msg\t_INBOX.1\t1\t12', 12],
  ['HMSG _INBOX.1 1 reply.to 4 65536', 65_536],
])('reads how many bytes follow: %s', (line, bytes) => {
  expect(parseServerLine(line)).toMatchObject({ line, bytes })
})

it.each(['MSG _INBOX.1 1 65537', 'MSG', 'MSG _INBOX.1 1 many', 'MSG _INBOX.1 1 12345678901'])(
  'refuses an answer of no length, or of too many bytes: %s',
  (line) => {
    expect(() => parseServerLine(line)).toThrow('an answer of over 65536 bytes')
  },
)

it.each(['HTTP/1.1 400 Bad Request', '', '+OKAY', 'PINGPONG'])(
  'refuses another protocol: %j',
  (line) => {
    expect(() => parseServerLine(line)).toThrow('does not speak the NATS protocol')
  },
)
