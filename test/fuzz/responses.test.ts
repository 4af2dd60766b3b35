import type { Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ClosableHttpClient } from '../../adapters/http/client.ts'
import type { HttpResponse, TransportFailure } from '../../relay/ports/http.ts'
import { MAX_RESPONSE_BYTES } from '../../relay/ports/http.ts'
import { classifyFailure } from '../../relay/providers/answers/classify.ts'
import { classifyServiceAnswer } from '../../relay/providers/answers/service-answer.ts'
import { isHttpProvider } from '../../relay/providers/contract.ts'
import { providerTypes } from '../../relay/providers/registry.ts'
import { runsOf } from '../support/full-size.ts'
import { PATIENT, post, testClient } from '../support/http-client.ts'
import { bodyArbitrary, retryAfterArbitrary } from '../support/responses.ts'
import { startServer } from '../support/servers.ts'

const TYPES = [...providerTypes.values()].filter(isHttpProvider)
const TIMEOUT_MS = 250
/** How long a busy machine may let a process wait. */
const BUSY_MS = 5_000

/** Bytes that a destination sends in answer to a request; then it closes, or just stays. */
interface RawAnswer {
  readonly parts: readonly Buffer[]
  readonly ending: 'end' | 'reset' | 'stay'
}

interface RawDestination {
  answerWith(answer: RawAnswer): void
  readonly url: string
}

async function startRawDestination(): Promise<RawDestination> {
  let next: RawAnswer = { parts: [], ending: 'end' }
  const { port } = await startServer((socket) => {
    socket.on('data', () => void say(socket, next))
  })
  return {
    answerWith: (answer) => {
      next = answer
    },
    url: `http://127.0.0.1:${port}/hook`,
  }
}

async function say(socket: Socket, { parts, ending }: RawAnswer): Promise<void> {
  for (const part of parts) {
    socket.write(part)
    await new Promise(setImmediate)
  }
  if (ending === 'end') socket.end()
  if (ending === 'reset') socket.resetAndDestroy()
}

const token = fc.stringMatching(/^[A-Za-z][\w-]{0,15}$/)
const garbage = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))

const headerLine = fc.oneof(
  fc.tuple(token, fc.stringMatching(/^[\x20-\x7e]{0,40}$/)).map(([n, v]) => `${n}: ${v}`),
  retryAfterArbitrary.map((value) => `Retry-After: ${value.replace(/[\r\n]/g, '')}`),
  fc.constantFrom(
    'Content-Type: text/html',
    'Content-Encoding: gzip',
    'Content-Length: 3',
    'Content-Length: -1',
    'Content-Length: 3\r\nContent-Length: 4',
    'Transfer-Encoding: gzip, chunked',
    'Connection: close',
    'Connection: upgrade\r\nUpgrade: h2c',
    'Retry-After: 5\r\nRetry-After: 9',
    `X-Large: ${'x'.repeat(30_000)}`,
    Array.from({ length: 200 }, (_, n) => `X-${n}: y`).join('\r\n'),
    ': no name',
    'no colon',
    ' folded',
    'X-Nul: a\0b',
  ),
)

const statusLine = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 100, max: 999 }).map((s) => `HTTP/1.1 ${s} Text`) },
  fc.constantFrom('HTTP/1.0 200 OK', 'HTTP/2 200', 'HTTP/1.1 099 X', 'HTTP/1.1 1000 X', 'ICY 200'),
)
const informational = fc.constantFrom('', '', '', 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n')

const bodyBytes = fc.oneof(
  { weight: 3, arbitrary: bodyArbitrary.map((body) => Buffer.from(body)) },
  garbage,
)

const framedBody = bodyBytes.chain((bytes) => {
  const length = `Content-Length: ${bytes.length}`
  return fc.constantFrom(
    { header: length, bytes },
    { header: `Content-Length: ${bytes.length + 7}`, bytes },
    { header: 'X-No: length', bytes },
    { header: 'Transfer-Encoding: chunked', bytes: chunked(bytes) },
    { header: 'Transfer-Encoding: chunked', bytes },
    { header: `${length}\r\nContent-Encoding: gzip`, bytes },
  )
})

function chunked(bytes: Buffer): Buffer {
  const head = Buffer.from(`${bytes.length.toString(16)}\r\n`)
  return Buffer.concat([head, bytes, Buffer.from('\r\n0\r\n\r\n')])
}

const httpLike = fc
  .tuple(informational, statusLine, fc.array(headerLine, { maxLength: 4 }), framedBody)
  .map(([before, status, headers, { header, bytes }]) =>
    Buffer.concat([
      Buffer.from(`${before}${[status, header, ...headers].join('\r\n')}\r\n\r\n`),
      bytes,
    ]),
  )

const cut = fc.tuple(httpLike, fc.nat(400)).map(([bytes, length]) => bytes.subarray(0, length))

const rawAnswer: fc.Arbitrary<RawAnswer> = fc.record({
  parts: fc
    .tuple(fc.oneof({ weight: 5, arbitrary: httpLike }, cut, garbage), fc.nat(500))
    .map(([bytes, at]) => [bytes.subarray(0, at), bytes.subarray(at)]),
  ending: fc.constantFrom('end', 'end', 'end', 'end', 'end', 'reset', 'stay'),
})

async function send(client: ClosableHttpClient, url: string, timeoutMs: number) {
  return client.send(post(url), { timeoutMs })
}

/** What every result must be, whatever came. */
function expectSound(result: HttpResponse | TransportFailure): void {
  if (result.kind === 'failure') {
    expect(['retry', 'rejected']).toContain(classifyFailure(result).kind)
    expect(result.detail).not.toBe('')
    expect(result.detail.length).toBeLessThan(300)
    return
  }
  expect(result.status).toBeGreaterThanOrEqual(200)
  expect(result.status).toBeLessThan(1_000)
  expect(Buffer.byteLength(result.body.replaceAll('\ufffd', ' '))).toBeLessThanOrEqual(
    MAX_RESPONSE_BYTES,
  )
  for (const type of TYPES) {
    const verdict = (type.classify ?? classifyServiceAnswer)(result)
    if (result.status >= 500) expect(verdict.kind).toBe('retry')
    if (result.status >= 300 && result.status < 400) expect(verdict.kind).toBe('rejected')
  }
}

describe('the client, whatever a destination sends', () => {
  it('gives an answer or a failure, in time', async () => {
    const destination = await startRawDestination()
    const client = testClient()
    await fc.assert(
      fc.asyncProperty(rawAnswer, async (answer) => {
        destination.answerWith(answer)
        const startedAt = performance.now()
        expectSound(await send(client, destination.url, TIMEOUT_MS))
        expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS + BUSY_MS)
      }),
      { numRuns: runsOf(50), interruptAfterTimeLimit: 5_000 },
    )
  })

  it.each(Array.from({ length: 8 }, (_, hundreds) => (hundreds + 2) * 100))(
    'hands on each status from %i',
    async (from) => {
      const destination = await startRawDestination()
      const client = testClient()
      for (let status = from; status < from + 100; status += 1) {
        const text = `HTTP/1.1 ${status} Text\r\nContent-Length: 0\r\n\r\n`
        destination.answerWith({ parts: [Buffer.from(text)], ending: 'stay' })
        const result = await client.send(post(destination.url), PATIENT)
        expect(result).toMatchObject({ kind: 'response', status })
      }
    },
  )

  it('takes no answer that nobody asked for', async () => {
    const destination = await startRawDestination()
    const client = testClient()
    const ok = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    destination.answerWith({ parts: [Buffer.concat([ok, ok])], ending: 'stay' })
    expect(await send(client, destination.url, TIMEOUT_MS)).toMatchObject({ status: 200 })
    destination.answerWith({ parts: [], ending: 'stay' })
    expect(await send(client, destination.url, TIMEOUT_MS)).toMatchObject({ kind: 'failure' })
  })

  it('does not take an informational answer for the answer', async () => {
    const destination = await startRawDestination()
    const client = testClient()
    for (let status = 100; status < 200; status += 1) {
      const parts = [Buffer.from(`HTTP/1.1 ${status} Text\r\n\r\n`)]
      destination.answerWith({ parts, ending: 'end' })
      expect(await send(client, destination.url, TIMEOUT_MS)).toMatchObject({
        kind: 'failure',
        mayHaveArrived: true,
      })
    }
  })
})

describe('a body without end', () => {
  const BYTES = 100 * 1024 * 1024

  it.each([
    ['of a known length', `HTTP/1.1 500 X\r\nContent-Length: ${BYTES}\r\n\r\n`, ''],
    ['until it closes', 'HTTP/1.1 500 X\r\n\r\n', ''],
    ['in chunks', 'HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n', '10000\r\n'],
  ])('%s is cut, and not read to its end', async (_, head, chunkHead) => {
    const piece = Buffer.from(`${chunkHead}${'x'.repeat(65_536)}${chunkHead && '\r\n'}`)
    const { port, sockets } = await startServer((socket) => {
      socket.once('data', () => {
        socket.write(head)
        pour(socket, piece, BYTES)
      })
    })
    const client = testClient()
    const results = await Promise.all(
      Array.from({ length: 8 }, () => client.send(post(`http://127.0.0.1:${port}/`), PATIENT)),
    )
    for (const result of results) {
      expect(result).toMatchObject({ kind: 'response', status: 500, truncated: true })
      if (result.kind === 'response') expect(result.body).toHaveLength(MAX_RESPONSE_BYTES)
    }
    const sent = sockets.reduce((sum, socket) => sum + socket.bytesWritten, 0)
    expect(sent).toBeLessThan(BYTES)
  })
})

/** Writes as fast as the other side reads. */
function pour(socket: Socket, piece: Buffer, bytes: number): void {
  let left = bytes
  const more = () => {
    while (left > 0 && !socket.destroyed) {
      left -= piece.length
      if (!socket.write(piece)) return void socket.once('drain', more)
    }
  }
  more()
}
