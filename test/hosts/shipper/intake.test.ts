import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHttpServer } from '../../../hosts/kit/http-server.ts'
import { createApp } from '../../../hosts/shipper/app.ts'
import { createShipperMetrics } from '../../../hosts/shipper/metrics.ts'
import { speak } from '../../support/embedded-server.ts'
import { GoClient } from '../../support/go-client.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { exampleEvent } from '../../support/relay-manifests.ts'
import { bodies, testSpool } from '../../support/spool.ts'
import { waitFor } from '../../support/wait-for.ts'

const EVENT = exampleEvent('kustomization-health-check-failed')
const MIB = 2 ** 20

describe('the sink', () => {
  it('lets a Flux controller post all its events by one connection', async () => {
    const { port, spooled } = await startSink()
    const client = new GoClient(port)
    onTestFinished(() => client.close())
    for (let n = 0; n < 20; n += 1) {
      const answer = await client.post('/', JSON.stringify({ ...EVENT, message: `${n}` }))
      expect([answer.status, answer.headers.get('content-length')]).toEqual([202, '0'])
    }
    expect(client.connections).toBe(1)
    expect(spooled()).toHaveLength(20)
  })

  it.each(['//', '/../', '/events//', '/v1/clusters/prod/events/'])(
    'redirects nobody who posts to %s',
    async (path) => {
      const { port, spooled } = await startSink()
      const client = new GoClient(port)
      onTestFinished(() => client.close())
      expect((await client.post(path, JSON.stringify(EVENT))).status).toBe(202)
      expect(spooled()).toEqual([EVENT])
    },
  )

  it('keeps an event as it came before it answers, whatever the path', async () => {
    const { post, spooled } = await startSink()
    for (const path of ['/', '/', '/events/here']) {
      const answer = await post(JSON.stringify(EVENT, null, 2), path)
      expect([answer.status, await answer.text()]).toEqual([202, ''])
    }
    expect(spooled()).toEqual([EVENT, EVENT, EVENT])
  })

  it('takes gzip', async () => {
    const { post, spooled } = await startSink()
    const headers = { 'content-encoding': 'gzip' }
    expect((await post(gzipSync(JSON.stringify(EVENT)), '/', headers)).status).toBe(202)
    expect(spooled()).toEqual([EVENT])
  })

  it('restores the prefixes that a notification-controller strips', async () => {
    const { post, spooled } = await startSink()
    const metadata = { revision: 'main@sha1:abc', commit: 'abc', 'other.io/key': 'x' }
    const headers = { 'gotk-component': 'notification-controller' }
    await post(JSON.stringify({ ...EVENT, metadata }), '/', headers)
    await post(JSON.stringify({ ...EVENT, metadata }))
    expect(spooled()).toMatchObject([
      {
        metadata: {
          'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:abc',
          'event.toolkit.fluxcd.io/commit': 'abc',
          'kustomize.toolkit.fluxcd.io/other.io/key': 'x',
        },
      },
      { metadata },
    ])
  })

  it('reads JSON as Go does, and sends it on as everybody else reads it', async () => {
    const { post, spooled } = await startSink()
    const message = Buffer.from([0x61, 0xff, 0x62])
    const start = Buffer.from(
      '{"InvolvedObject":{"KIND":"Node","name":"n1"},"Timestamp":null,"MESSAGE":"',
    )
    await post(Buffer.concat([start, message, Buffer.from('","event":{"x":1}}')]))
    expect(spooled()).toEqual([
      {
        involvedObject: { kind: 'Node', namespace: 'default', name: 'n1' },
        message: 'a\ufffdb',
        timestamp: new Date(START).toISOString(),
        event: { x: 1 },
      },
    ])
  })

  it('refuses what takes many times its size in memory, and no long message', async () => {
    const { post, spooled } = await startSink()
    for (const values of ['[]', '{}', '1', '{"a":[1]}']) {
      const parts = `[${Array.from({ length: 10_000 }, () => values)}]`
      const answer = await post(JSON.stringify(EVENT).replace(/}$/, `,"parts":${parts}}`))
      expect([answer.status, await answer.text()]).toEqual([413, expect.stringContaining('values')])
    }
    const message = '[{,"\\'.repeat(50_000)
    expect((await post(JSON.stringify({ ...EVENT, message }))).status).toBe(202)
    expect(spooled()).toEqual([{ ...EVENT, message }])
  })

  it('reads only so many large events at once', async () => {
    const { post, spooled, startPost } = await startSink()
    const begun = Array.from({ length: 8 }, () => startPost(sized(3 * MIB - 2)))
    await Promise.all(begun.map(({ isRead }) => isRead))
    const answer = await post(JSON.stringify(EVENT))
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('at once')])
    for (const { finish } of begun) expect(await finish()).toBe(202)
    expect((await post(JSON.stringify(EVENT))).status).toBe(202)
    expect(spooled()).toHaveLength(9)
  })

  it('gives an event without a time that of its arrival, lest a repeat seem another', async () => {
    const { post, spooled } = await startSink()
    for (const timestamp of [undefined, null]) await post(JSON.stringify({ ...EVENT, timestamp }))
    const timestamp = new Date(START).toISOString()
    expect(spooled()).toEqual([
      { ...EVENT, timestamp },
      { ...EVENT, timestamp },
    ])
  })

  it('leaves to the relay what it may judge', async () => {
    const { post, spooled } = await startSink()
    const event = { ...EVENT, severity: 7, timestamp: 'yesterday', metadata: { a: 1 }, more: [{}] }
    expect((await post(JSON.stringify(event))).status).toBe(202)
    expect(spooled()).toEqual([event])
  })

  it.each([
    ['nothing', '', 400, 'the body is empty'],
    ['no JSON', '{"a":', 400, 'the body is not valid JSON: it ends too early'],
    ['a batch', '[{}]', 400, 'expected one JSON object, received an array'],
    ['a text', '"event"', 400, 'expected one JSON object, received a string'],
    ['no object', '{}', 400, 'the event is not valid: involvedObject: is missing, expected object'],
    ['an object without a name', withObject({ name: undefined }), 400, 'involvedObject.name: '],
    ['an object with an empty kind', withObject({ kind: '' }), 400, 'involvedObject.kind: '],
    ['a namespace that is none', withObject({ namespace: 1 }), 400, 'involvedObject.namespace: '],
    [
      'no UTF-8 where no text is',
      Buffer.from([0x7b, 0xff, 0x7d]),
      400,
      'the body is not valid JSON',
    ],
    ['deep nesting', nested(200), 400, 'expected at most 100 levels of nesting'],
    ['very deep nesting', nested(9_000), 400, 'expected at most 100 levels of nesting'],
    ['more than 3 MiB', sized(3 * MIB + 1), 413, 'the body is larger than 3 MiB'],
    ['too much to be a batch of one', sized(3 * MIB - 1), 413, 'the body is larger than 3 MiB'],
  ])('refuses for good: %s', async (_, body, status, detail) => {
    const { post, spooled } = await startSink()
    const answer = await post(body)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toMatchObject({ status, detail: expect.stringContaining(detail) })
    expect([answer.status, spooled()]).toEqual([status, []])
  })

  it('takes what makes a batch of 3 MiB', async () => {
    const { post, spooled } = await startSink()
    expect((await post(sized(3 * MIB - 2))).status).toBe(202)
    expect(spooled()).toHaveLength(1)
  })

  it.each(['GET', 'PUT', 'DELETE'])('has no %s', async (method) => {
    const { fetch } = await startSink()
    const answer = await fetch('/', { method })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('says 503 when the spool is full, and takes events again later', async () => {
    const { post, fetch, spool } = await startSink({ maxBytes: 100 })
    const answer = await post(JSON.stringify(EVENT))
    expect(await answer.json()).toMatchObject({ status: 503, detail: /the spool is full/ })
    // The recorder waits as long as it says, and a worker of its controller with it.
    expect(Number(answer.headers.get('retry-after') ?? 0)).toBeLessThanOrEqual(1)
    expect((await fetch('/readyz')).status).toBe(200)
    const [small = ''] = bodies(1)
    await spool.add(small)
    expect((await post(small)).status).toBe(503)
    await spool.settle(spool.peek(1, MIB), [])
    expect(
      (await post('{"timestamp":0,"involvedObject":{"kind":"a","namespace":"b","name":"c"}}'))
        .status,
    ).toBe(202)
  })

  it('says 503 when the disk fails', async () => {
    const { post, fetch, close } = await startSink()
    expect((await fetch('/readyz')).status).toBe(200)
    close()
    const answer = await post(JSON.stringify(EVENT))
    expect(await answer.json()).toMatchObject({ status: 503, detail: /could not be kept/ })
    expect((await fetch('/readyz')).status).toBe(503)
    expect((await fetch('/healthz')).status).toBe(200)
  })
})

it('tells Prometheus what waits and since when', async () => {
  const clock = new ManualClock()
  const { post, fetch, spool } = await startSink({ clock })
  await post(JSON.stringify(EVENT))
  clock.advance(90_000)
  const text = await (await fetch('/metrics')).text()
  const samples = text.split('\n').filter((line) => line.startsWith('flux_relay_shipper_'))
  const events = samples.filter((line) => /_(spool|spooled|sent|refused|dropped)_/.test(line))
  expect(events).toEqual([
    'flux_relay_shipper_spool_events 1',
    'flux_relay_shipper_spool_later_events 0',
    `flux_relay_shipper_spool_bytes ${spool.depth().bytes}`,
    'flux_relay_shipper_spool_oldest_age_seconds 90',
    'flux_relay_shipper_refused_events 0',
    'flux_relay_shipper_spooled_total 1',
    'flux_relay_shipper_sent_total 0',
    'flux_relay_shipper_refused_total 0',
    'flux_relay_shipper_dropped_total 0',
  ])
})

it('refuses nothing to a sender that goes in the middle of its post, and logs it', async () => {
  const { port, refusals, logged } = await startSink()
  const socket = connect(port, '127.0.0.1')
  socket.end('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n{"a":')
  const cut = { cause: 'cut-off', msg: expect.stringContaining('was cut off') }
  await waitFor(() => expect(logged()).toMatchObject([cut]))
  expect(await refusals()).toEqual([])
})

describe('a post that is not taken', () => {
  const series = (cause: string, count: number) =>
    `flux_relay_shipper_posts_refused_total{cause="${cause}"} ${count}`

  it.each([
    ['no JSON', '{"a":', {}, 'unreadable-body', 'it ends too early'],
    ['an object without a name', withObject({ name: undefined }), {}, 'not-valid', 'name: '],
    ['more than 3 MiB', sized(3 * MIB + 1), {}, 'too-large', '3 MiB'],
    ['an encoding', '{}', { 'content-encoding': 'br' }, 'unknown-encoding', 'expected gzip'],
  ])('is counted and logged, since its sender reads no answer: %s', async (...given) => {
    const [, body, headers, cause, detail] = given
    const { post, refusals, logged } = await startSink()
    await post(body, '/', headers)
    expect(await refusals()).toEqual([series(cause, 1)])
    const msg = expect.stringContaining('lost')
    const line = { cause, address: '127.0.0.1', detail: expect.stringContaining(detail), msg }
    expect(logged()).toMatchObject([line])
  })

  it('is counted and logged where it names no valid host', async () => {
    const { port, refusals, logged } = await startSink()
    const head = 'POST / HTTP/1.1\r\nHost: 127.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n'
    expect(await speak(port, `${head}{}`)).toMatch(/^HTTP\/1\.1 400 /)
    expect(await refusals()).toEqual([series('bad-request', 1)])
    expect(logged()).toMatchObject([{ cause: 'bad-request' }])
  })

  it('has a line a minute, which counts those between', async () => {
    const clock = new ManualClock()
    const { post, refusals, logged } = await startSink({ clock, maxBytes: 1 })
    for (let n = 0; n < 3; n += 1) expect((await post(JSON.stringify(EVENT))).status).toBe(503)
    clock.advance(60_000)
    await post(JSON.stringify(EVENT))
    const msg = expect.stringContaining('tries again')
    const line = { cause: 'overloaded', detail: expect.stringContaining('full'), msg }
    expect(logged()).toMatchObject([line, { ...line, moreSinceLast: 2 }])
    expect(await refusals()).toEqual([series('overloaded', 4)])
  })

  it('is none when a probe or a page asks for what the sink has not', async () => {
    const { fetch, refusals, logged } = await startSink()
    await fetch('/nothing')
    expect([await refusals(), logged()]).toEqual([[], []])
  })
})

async function startSink(
  options: { readonly maxBytes?: number; readonly clock?: ManualClock } = {},
) {
  const { clock = new ManualClock() } = options
  const { spool, close } = testSpool({ clock, ...options })
  const metrics = createShipperMetrics({ depth: () => spool.depth(), clock })
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const app = createApp({ spool, metrics, clock, log, isStopping: () => false })
  const server = await createHttpServer(app).listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => server.close(0))
  const get = (path: string, init?: RequestInit) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, init)
  return {
    spool,
    close,
    port: server.port,
    fetch: get,
    post: (body: string | Buffer, path = '/', headers: Record<string, string> = {}) =>
      get(path, {
        method: 'POST',
        body: typeof body === 'string' ? body : new Uint8Array(body),
        headers,
      }),
    startPost: (body: string) => startPost(server.port, body),
    logged: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    /** The counters of posts that were not taken. */
    async refusals() {
      const text = await metrics.text()
      return text.split('\n').filter((line) => /^flux_relay_shipper_posts_refused_/.test(line))
    },
    spooled: () => spool.peek(100, 100 * MIB).map(({ body }) => JSON.parse(body) as unknown),
  }
}

/** A post whose head was read, and whose body is still to come. */
function startPost(port: number, body: string) {
  const headers = { 'content-length': Buffer.byteLength(body), expect: '100-continue' }
  const post = request({ host: '127.0.0.1', port, method: 'POST', headers })
  const answered = once(post, 'response') as Promise<[IncomingMessage]>
  post.flushHeaders()
  return {
    isRead: once(post, 'continue'),
    async finish() {
      post.end(body)
      const [answer] = await answered
      answer.resume()
      return answer.statusCode
    },
  }
}

function withObject(changes: Readonly<Record<string, unknown>>): string {
  const involvedObject = { kind: 'Kustomization', namespace: 'apps', name: 'podinfo', ...changes }
  return JSON.stringify({ ...EVENT, involvedObject })
}

function nested(levels: number): string {
  const deep = `${'['.repeat(levels)}${']'.repeat(levels)}`
  return withObject({ deep: 0 }).replace('"deep":0', `"deep":${deep}`)
}

/** An event whose text, as it is spooled, has so many bytes. */
function sized(bytes: number): string {
  const empty = JSON.stringify({ ...EVENT, message: '' })
  return JSON.stringify({ ...EVENT, message: 'x'.repeat(bytes - empty.length) })
}
