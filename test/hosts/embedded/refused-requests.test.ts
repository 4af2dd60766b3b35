import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { PROBLEM_KINDS } from '../../../relay/api/problem-codes.ts'
import {
  bearer,
  OPERATOR,
  PROD,
  type ServerUnderTest,
  speak,
  startRelay,
  TOKENS,
} from '../../support/embedded-server.ts'
import { waitFor } from '../../support/wait-for.ts'

const EVENTS = '/v1/clusters/prod/events'
const CONFIG = '/v1/clusters/prod/config'
const TEMPLATE = '/v1/clusters/{cluster}/events'
const CONFIG_TEMPLATE = '/v1/clusters/{cluster}/config'

/** The series of the counter, each with its value. */
async function refusals({ deps }: ServerUnderTest): Promise<readonly string[]> {
  const text = await deps.metrics.text()
  return text.split('\n').filter((line) => line.startsWith('flux_relay_requests_refused_total{'))
}

function series(
  cause: keyof typeof PROBLEM_KINDS,
  path: string,
  cluster = '',
  method = 'POST',
): string {
  const { status } = PROBLEM_KINDS[cause]
  const labels = `cause="${cause}",status="${status}",method="${method}",path="${path}",cluster="${cluster}"`
  return `flux_relay_requests_refused_total{${labels}} 1`
}

describe('a request that is refused', () => {
  it.each([
    ['a wrong token', EVENTS, bearer('wrong'), '{}', series('unauthorized', TEMPLATE, 'prod')],
    [
      'a token for a cluster that is none',
      '/v1/clusters/made-up/events',
      bearer('wrong'),
      '{}',
      series('unauthorized', TEMPLATE),
    ],
    ['none, for one event', '/', {}, '{}', series('unauthorized', '/')],
    [
      'garbage of a known cluster',
      EVENTS,
      bearer(PROD),
      '{',
      series('unreadable-body', TEMPLATE, 'prod'),
    ],
    ['no good event', EVENTS, bearer(PROD), '[{}]', series('none-good', TEMPLATE, 'prod')],
    [
      'too many bytes',
      EVENTS,
      bearer(PROD),
      ' '.repeat(3 * 1024 * 1024 + 1),
      series('too-large', TEMPLATE, 'prod'),
    ],
    [
      'an encoding that nobody knows',
      EVENTS,
      { ...bearer(PROD), 'Content-Encoding': 'br' },
      '{}',
      series('unknown-encoding', TEMPLATE, 'prod'),
    ],
    ['a path that is none', '/v1/event', bearer(PROD), '{}', series('unknown-path', '')],
    ['a method that the path has not', CONFIG, bearer(PROD), '{}', series('wrong-method', '')],
    [
      'a name that no cluster can have',
      '/v1/clusters/UPPER/events',
      bearer(PROD),
      '{}',
      series('bad-parameter', TEMPLATE),
    ],
  ])('is counted by its cause and cluster: %s', async (_, path, headers, body, expected) => {
    const relay = await startRelay({ tokens: TOKENS })
    await relay.call('POST', path, { headers, body })
    expect(await refusals(relay)).toEqual([expected])
  })

  it('makes no label of a cluster that only an operator names', async () => {
    const relay = await startRelay({ tokens: TOKENS })
    await relay.call('GET', '/v1/clusters/made-up/config', { headers: bearer(OPERATOR) })
    expect(await refusals(relay)).toEqual([series('no-config', CONFIG_TEMPLATE, '', 'GET')])
  })

  it('is counted without tokens too', async () => {
    const relay = await startRelay()
    await relay.call('POST', '/', { body: '{}' })
    await relay.call('POST', '/v1/clusters/made-up/events', { body: '{}' })
    await relay.call('PUT', '/v1/clusters/made-up/config', { body: '{' })
    await relay.call('GET', '/v1/deliveries', { headers: { Origin: 'http://elsewhere.example' } })
    expect(await refusals(relay)).toEqual([
      series('none-good', '/', 'local'),
      series('unknown-cluster', TEMPLATE),
      series('unreadable-body', CONFIG_TEMPLATE, '', 'PUT'),
      series('foreign-origin', '', '', 'GET'),
    ])
  })

  it.each(['Host: 127.1:8080', 'Host: me@localhost', 'Host:'])(
    'is counted and logged where it names no valid host: %s',
    async (host) => {
      const relay = await startRelay({ tokens: TOKENS })
      const head = `POST / HTTP/1.1\r\n${host}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n`
      expect(await speak(relay.server.port, `${head}{}`)).toMatch(/^HTTP\/1\.1 400 /)
      expect(await refusals(relay)).toEqual([series('bad-request', '')])
      expect(relay.logged()).toContain('expected a valid Host and path')
      expect(relay.logged()).toContain('"address":"127.0.0.1"')
    },
  )

  it.each([
    ['before its headers end', 'Content-Le'],
    ['in its body', 'Content-Length: 20\r\n\r\n{"a":'],
    ['in a chunk of its body', 'Transfer-Encoding: chunked\r\n\r\n20\r\n{"a":'],
  ])('is none when the sender goes %s, and is logged as soon as it has a body', async (_, part) => {
    const relay = await startRelay({ tokens: TOKENS })
    const socket = connect(relay.server.port, '127.0.0.1')
    const authorization = `Authorization: Bearer ${PROD}`
    socket.write(`POST ${EVENTS} HTTP/1.1\r\nHost: localhost\r\n${authorization}\r\n${part}`)
    await waitFor(() => expect(socket.bytesWritten).toBeGreaterThan(100))
    await relay.call('GET', '/readyz')
    socket.destroy()
    const isLogged = part.includes('{')
    if (isLogged) await waitFor(() => expect(relay.logged()).toContain('a request was cut off'))
    await relay.call('GET', '/readyz')
    expect(relay.logged().includes('a request was cut off')).toBe(isLogged)
    expect(await refusals(relay)).toEqual([])
    expect(relay.logged()).not.toContain('events not taken')
  })

  it.each([
    ['stalls', 'Content-Length: 20\r\n\r\n{"a":', '', 408],
    ['is broken in a later part', 'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n', 'x', 400],
    ['is broken in its first part', 'Transfer-Encoding: chunked\r\n\r\nx', '', 400],
  ])(
    'is counted and logged whose body %s, though its sender is there',
    async (_, head, rest, status) => {
      const relay = await startRelay({ tokens: TOKENS }, { requestTimeoutMs: 300 })
      const socket = connect(relay.server.port, '127.0.0.1')
      let answer = ''
      socket.on('data', (part) => {
        answer += part
      })
      const closed = once(socket, 'close')
      const authorization = `Authorization: Bearer ${PROD}`
      socket.write(`POST ${EVENTS} HTTP/1.1\r\nHost: localhost\r\n${authorization}\r\n${head}`)
      await relay.call('GET', '/readyz')
      if (rest !== '') socket.write(rest)
      await closed
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
      expect(await refusals(relay)).toEqual([series('unreadable-body', TEMPLATE, 'prod')])
      expect(relay.logged()).toContain('the body could not be read to its end: ')
      expect(relay.logged()).not.toContain('a request was cut off')
    },
  )

  const big = `X-Big: ${'x'.repeat(17_000)}\r\n`
  it.each([
    ['headers that are too large', big, 431, '16 KiB'],
    ['no valid header', 'no header\r\n', 400, 'valid HTTP'],
    ['an expectation', 'Expect: x\r\nContent-Length: 0\r\n', 417, 'Expect'],
  ])('is counted and logged where nobody can read it: %s', async (_, header, status, detail) => {
    const relay = await startRelay({ tokens: TOKENS })
    const text = `POST / HTTP/1.1\r\nHost: localhost\r\n${header}\r\n`
    expect(await speak(relay.server.port, text)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(await refusals(relay)).toEqual([series('bad-request', '')])
    const lines = relay.logged().split('\n')
    expect(JSON.parse(String(lines.find((it) => it.includes('bad-request'))))).toMatchObject({
      detail: expect.stringContaining(detail),
      address: '127.0.0.1',
      msg: 'a posted request was refused; if it had events, they are lost',
    })
  })

  it('is counted where its headers come in several parts, and are too large', async () => {
    const relay = await startRelay({ tokens: TOKENS })
    const socket = connect(relay.server.port, '127.0.0.1')
    socket.on('error', () => undefined)
    const closed = once(socket, 'close')
    socket.resume().write('POST / HTTP/1.1\r\nHost: localhost\r\n')
    for (let part = 0; part < 4; part += 1) {
      await relay.call('GET', '/readyz')
      socket.write(`X-Big-${part}: ${'x'.repeat(5_000)}\r\n`)
    }
    await closed
    expect(await refusals(relay)).toEqual([series('bad-request', '', '', 'other')])
    expect(relay.logged()).toContain('16 KiB')
  })

  it.each(['POST', 'GET'])('is counted once, however much of it has come: %s', async (method) => {
    const relay = await startRelay({ tokens: TOKENS })
    const headers = `X-Big: ${'x'.repeat(400_000)}\r\n`
    const text = `${method} / HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`
    expect(await speak(relay.server.port, text)).toMatch(/^HTTP\/1\.1 431 /)
    expect(await refusals(relay)).toEqual([series('bad-request', '', '', method)])
    expect(relay.logged().includes('a posted request was refused')).toBe(method === 'POST')
  })

  it.each([
    ['TLS', '\x16\x03\x01\x02\x00\x01'],
    ['SSH', 'SSH-2.0-x\r\n'],
    ['a browser', 'GET / HTTP/1.1\r\nx\r\n\r\n'],
  ])('is none when nobody posts, but speaks otherwise to its port: %s', async (_, text) => {
    const relay = await startRelay({ tokens: TOKENS })
    expect(await speak(relay.server.port, text)).toMatch(/^HTTP\/1.1 400 /)
    expect(await refusals(relay)).toEqual([])
  })

  it('makes no label of a method that nobody has', async () => {
    const relay = await startRelay()
    await relay.call('PROPFIND', '/v1/deliveries')
    expect(await refusals(relay)).toEqual([series('wrong-method', '', '', 'other')])
  })

  it('is none when it is taken, or when a probe finds the relay not ready', async () => {
    const relay = await startRelay({ ready: () => 'the manifests are not loaded yet' })
    expect((await relay.call('GET', '/readyz')).status).toBe(503)
    expect((await relay.call('GET', '/v1/deliveries')).status).toBe(200)
    expect(await refusals(relay)).toEqual([])
  })
})
