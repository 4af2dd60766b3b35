import { readdirSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createAuthority } from '../../support/certificates.ts'
import { fluxRelay } from '../../support/flux-relay-command.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { startConnectProxy } from '../../support/proxies.ts'
import { gate, jsonBodies, startSink, unusedPort } from '../../support/recording-sink.ts'
import { runCli } from '../../support/relay-process.ts'
import { eventually } from '../../support/served.ts'
import { startListening } from '../../support/servers.ts'
import {
  arrivals,
  expectAllInOrder,
  expectInOrder,
  numberedEvent,
  postNumbered,
  startRelayFor,
  tokensFlags,
} from '../../support/shipped-events.ts'
import { startShipperHere } from '../../support/shipper-here.ts'
import { CLUSTER, shipArguments, startShipper, tokenFileOf } from '../../support/shipper-process.ts'
import { bodies, fill, largeAndDamaged, testSpool } from '../../support/spool.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const EVENTS_PATH = `POST /v1/clusters/${CLUSTER}/events`

it('brings an event to where its notification goes', async () => {
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const relay = await startRelayFor(sink, 0, { flags: tokensFlags('cluster-token') })
  const shipper = await startShipper({ relay: relay.url })
  expect((await shipper.post(numberedEvent(1))).status).toBe(202)
  await eventually(() => expect(sink.requests).toHaveLength(1))
  expect(jsonBodies(sink)).toMatchObject([{ message: 'event 1', severity: 'info' }])
  await eventually(async () => expect(await shipper.metric('sent_total')).toBe(1))
  expect(await shipper.metric('spool_events')).toBe(0)
})

it('keeps events while the relay is down, and then sends all of them in order', async () => {
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const port = await unusedPort()
  const relay = { data: temporaryDirectory() }
  const shipper = await startShipperHere({ relay: `http://127.0.0.1:${port}` })
  await postNumbered(shipper, 0, 50)
  await shipper.logged({ msg: 'events could not be sent, will be repeated', reason: 'connect' })

  const first = await startRelayFor(sink, port, relay)
  await eventually(() => expect(sink.requests.length).toBeGreaterThan(20))
  await first.end('SIGKILL')
  await postNumbered(shipper, 50, 100)

  await startRelayFor(sink, port, relay)
  await eventually(() => expect(new Set(arrivals(sink)).size).toBe(100))
  await eventually(async () => expect(await shipper.metric('spool_events')).toBe(0))
  // The relay that was killed may repeat a notification; the shipper's order is that of the first.
  expectInOrder([...new Set(arrivals(sink))])
})

it('says 503 when the spool is full, and takes events again when there is room', async () => {
  const port = await unusedPort()
  const relayUrl = `http://127.0.0.1:${port}`
  const shipper = await startShipperHere({ relay: relayUrl, flags: ['--spool-max-bytes', '4Mi'] })
  const large = { ...numberedEvent(0), message: 'x'.repeat(1_100_000) }
  for (const status of [202, 202, 202, 503, 503]) {
    expect((await shipper.post(large)).status).toBe(status)
  }
  expect((await fetch(`${shipper.url}/readyz`)).status).toBe(503)
  const sink = await startSink(
    {
      [EVENTS_PATH]: { status: 202, body: '{"accepted":1,"rejected":[]}' },
      // The shipper asks this of a relay that was away, if its wait has not ended before.
      'GET /readyz': { status: 200 },
    },
    port,
  )
  const batches = () => sink.requests.filter(({ line }) => line === EVENTS_PATH)
  await eventually(() => expect(batches()).toHaveLength(3))
  await eventually(async () => expect(await shipper.metric('spool_events')).toBe(0))
  expect((await shipper.post(large)).status).toBe(202)
})

it('uses a token that was replaced, and a relay that knows the new one only', async () => {
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const relay = await startRelayFor(sink, 0, { flags: tokensFlags('new-token') })
  const tokenFile = tokenFileOf('old-token')
  const shipper = await startShipperHere({ relay: relay.url, tokenFile })
  await postNumbered(shipper, 0, 3)
  const [failed] = await shipper.logged({
    msg: 'events could not be sent, will be repeated',
    reason: '401',
  })
  expect(failed).toMatchObject({ level: 'warn', detail: expect.stringContaining('HTTP 401') })
  writeFileSync(tokenFile, 'new-token')
  await eventually(() => expect(sink.requests).toHaveLength(3))
  expectAllInOrder(sink, [0, 1, 2])
  await shipper.logged({ msg: 'the relay takes events again' })
  expect(JSON.stringify(shipper.log())).not.toMatch(/(old|new)-token/)
})

describe('TLS', () => {
  it('trusts the CA that it is given, and no other', async () => {
    const [authority, other] = await Promise.all([createAuthority(), createAuthority('other CA')])
    const bodies: string[] = []
    const server = await startListening(
      createServer(await authority.issue(), (request, response) => {
        const chunks: Buffer[] = []
        request.on('data', (chunk: Buffer) => chunks.push(chunk))
        request.on('end', () => {
          bodies.push(gunzipSync(Buffer.concat(chunks)).toString())
          response.writeHead(202).end('{"accepted":1,"rejected":[]}')
        })
      }),
    )
    const relay = `https://127.0.0.1:${server.port}/prefix`
    const [trusting, wary] = await Promise.all(
      [authority.ca, other.ca].map((ca) =>
        startShipperHere({ relay, flags: ['--ca-file', fileOf(ca)] }),
      ),
    )
    const answers = await Promise.all([trusting, wary].map((some) => some?.post(numberedEvent(1))))
    expect(answers.map((answer) => answer?.status)).toEqual([202, 202])
    await wary?.logged({ msg: 'events could not be sent, will be repeated', reason: 'tls' })
    await eventually(async () => expect(await trusting?.metric('sent_total')).toBe(1))
    expect(bodies.map((body) => JSON.parse(body) as unknown)).toMatchObject([
      [{ message: 'event 1' }],
    ])
    expect(await wary?.metric('spool_events')).toBe(1)
  })
})

it('goes through the proxy of its environment, unless an option names one', async () => {
  const sink = await startSink({
    [EVENTS_PATH]: { status: 202, body: '{"accepted":1,"rejected":[]}' },
  })
  const [ofEnvironment, ofOption] = [await startConnectProxy(), await startConnectProxy()]
  const environment = { HTTP_PROXY: `http://user:pass@127.0.0.1:${ofEnvironment.port}` }
  const relay = `http://relay.test:${sink.port}`
  const flags = ['--proxy', `http://me:pass@127.0.0.1:${ofOption.port}`]
  const shippers = [
    { relay, environment },
    { relay, environment, flags },
  ]
  for (const [index, arguments_] of shippers.entries()) {
    const shipper = await startShipper(arguments_)
    await shipper.post(numberedEvent(index))
    await eventually(() => expect(sink.requests).toHaveLength(index + 1))
    expect(JSON.stringify(shipper.log())).not.toContain('pass')
  }
  const forwarded = [`POST ${relay}${EVENTS_PATH.slice(5)}`]
  expect([ofEnvironment.forwarded, ofOption.forwarded]).toEqual([forwarded, forwarded])
  expect(ofEnvironment.authorizations).toEqual([`Basic ${btoa('user:pass')}`])
  expect(ofOption.authorizations).toEqual([`Basic ${btoa('me:pass')}`])
})

it('keeps one connection for all batches', async () => {
  const ports = new Set<number | undefined>()
  const server = await startListening(
    // Longer than a busy machine takes from one batch to the next; both sides close after 5 s else.
    createHttpServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      ports.add(request.socket.remotePort)
      request.resume().on('end', () => response.writeHead(202).end('{"accepted":1,"rejected":[]}'))
    }),
  )
  const shipper = await startShipperHere({ relay: `http://127.0.0.1:${server.port}` })
  for (const index of [1, 2, 3]) {
    await shipper.post(numberedEvent(index))
    await eventually(async () => expect(await shipper.metric('sent_total')).toBe(index))
  }
  expect(ports.size).toBe(1)
})

it('lets the batch in flight finish on SIGTERM, and sends it no second time', async () => {
  const answered = gate()
  const sink = await startSink({
    [EVENTS_PATH]: async () => {
      await answered.opened
      return { status: 202, body: '{"accepted":1,"rejected":[]}' }
    },
  })
  const data = temporaryDirectory()
  const shipper = await startShipper({ relay: sink.url, data })
  await postNumbered(shipper, 0, 2)
  await eventually(() => expect(sink.requests).toHaveLength(1))
  const ended = shipper.end('SIGTERM')
  await eventually(() => expect(shipper.fetch('/healthz')).rejects.toThrow())
  answered.open()
  expect(await ended).toMatchObject({ code: 0, signal: null, stderr: '' })
  expect(shipper.log().at(-1)).toMatchObject({ finished: true })

  await startShipperHere({ relay: sink.url, data })
  await eventually(() => expect(sink.requests).toHaveLength(2))
})

it('begins anew when its spool is damaged, and says so', async () => {
  const data = temporaryDirectory()
  writeFileSync(join(data, 'spool.db'), 'not a spool')
  const shipper = await startShipperHere({ relay: 'http://127.0.0.1:9', data })
  const [line] = await shipper.logged({ level: 'error' })
  expect(line).toMatchObject({
    msg: 'the spool is damaged; it is set aside, and a new one is created',
    file: expect.stringContaining('spool.db.damaged-'),
    problem: expect.stringContaining('this is not a database'),
  })
  expect((await shipper.post(numberedEvent(1))).status).toBe(202)
})

it('ends when its spool turns out to be damaged, and begins anew at the next start', async () => {
  const data = await largeAndDamaged(24 * 4_096)
  const ending = await runCli(...shipArguments({ relay: 'http://127.0.0.1:9', data }))
  expect(ending).toMatchObject({ code: 1, signal: null })
  expect(ending.stderr).toMatch(/^flux-relay: .*spool\.db: the database is damaged/)
  // The reserve has no events: it stays, and is that of the next spool.
  expect(readdirSync(data).toSorted()).toEqual([
    'spool.db-reserve',
    expect.stringMatching(/^spool\.db\.damaged-/),
  ])

  const shipper = await startShipperHere({ relay: 'http://127.0.0.1:9', data })
  expect((await shipper.post(numberedEvent(1))).status).toBe(202)
})

it('sets aside what the relay refuses, and sends the others', async () => {
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const port = await unusedPort()
  const shipper = await startShipperHere({ relay: `http://127.0.0.1:${port}` })
  await postNumbered(shipper, 0, 1)
  expect((await shipper.post({ ...numberedEvent(1), metadata: { a: 1 } })).status).toBe(202)
  await postNumbered(shipper, 2, 3)
  await startRelayFor(sink, port)
  await eventually(() => expect(sink.requests).toHaveLength(2))
  expectAllInOrder(sink, [0, 2])
  const [line] = await shipper.logged({
    msg: 'the relay will never accept this event; it is set aside',
  })
  expect(line).toMatchObject({
    level: 'error',
    object: 'Kustomization/flux-system/app-1',
    error: expect.stringContaining('metadata.a'),
  })
  expect(await shipper.metric('refused_events')).toBe(1)
  expect(await shipper.metric('refused_total')).toBe(1)
})

it('drops what waits for too long, and says so', async () => {
  const clock = new ManualClock(Date.now() - 2 * 3_600_000)
  const { spool, directory: data, close } = testSpool({ clock })
  await fill(spool, bodies(3))
  close()
  const flags = ['--spool-max-age', '1h']
  const shipper = await startShipperHere({ relay: 'http://127.0.0.1:9', data, flags })
  const [line] = await shipper.logged({ msg: 'events dropped, too old to be sent' })
  expect(line).toMatchObject({ level: 'error', events: 3, olderThanHours: 1 })
  expect(await shipper.metric('dropped_total')).toBe(3)
  expect(await shipper.metric('spool_events')).toBe(0)
})

describe('what cannot start', () => {
  it('is a second shipper on the same spool', async () => {
    const data = temporaryDirectory()
    const relay = 'http://127.0.0.1:9'
    const shipper = await startShipper({ relay, data })
    const second = await fluxRelay(shipArguments({ relay, data }))
    expect(second).toMatchObject({ code: 1, stdout: '' })
    expect(second.stderr).toMatch(/^flux-relay: .*spool\.db: another process is using it/)
    expect((await shipper.post(numberedEvent(1))).status).toBe(202)
  })

  it.each([
    ['--relay', ['--relay', 'relay.example.com'], /--relay relay\.example\.com: expected a URL/],
    ['--relay', ['--relay', 'http://me:pass@relay'], /--relay: expected no credentials in the URL/],
    ['--cluster', ['--cluster', 'A_b'], /'--cluster <name>' argument 'A_b' is invalid/],
    [
      '--relay',
      ['--relay', 'https://relay.test/v1/clusters/prod/events'],
      /--relay https:.*: expected the address of the relay itself, without \/v1\/clusters/,
    ],
    ['--port', ['--port', '70000'], /'--port <number>' argument '70000' is invalid/],
    ['--spool-max-bytes', ['--spool-max-bytes', '3Mi'], /and at least 4Mi/],
    ['--spool-max-bytes', ['--spool-max-bytes', 'all'], /expected a size such as 500Mi/],
    ['--spool-max-age', ['--spool-max-age', '7'], /expected a time such as 168h/],
    ['--proxy', ['--proxy', 'ftp://me:pass@proxy'], /--proxy: its URL starts with ftp:/],
    ['an option', ['--bogus'], /unknown option '--bogus'/],
  ])('is wrong usage, which ends with 2: %s', async (_, flags, message) => {
    const ending = await fluxRelay(shipArguments({ relay: 'http://127.0.0.1:9', flags }))
    expect(ending).toMatchObject({ code: 2, stdout: '' })
    expect(ending.stderr).toMatch(message)
    expect(ending.stderr).not.toContain('pass@')
  })

  it.each([
    ['no token file', ['--token-file', '/nowhere/token'], /token file \/nowhere\/token: ENOENT/],
    ['an empty token file', ['--token-file', '/dev/null'], /token file \/dev\/null is empty/],
    ['no CA file', ['--ca-file', '/nowhere/ca'], /--ca-file \/nowhere\/ca: ENOENT/],
    ['a CA that is none', ['--ca-file', 'package.json'], /package\.json: the CA is not a PEM/],
    ['no address', ['--host', '192.0.2.1'], /cannot listen on 192\.0\.2\.1:0: /],
  ])('is something that failed, which ends with 1: %s', async (_, flags, message) => {
    const ending = await fluxRelay(shipArguments({ relay: 'http://127.0.0.1:9', flags }))
    expect(ending).toMatchObject({ code: 1, stdout: '' })
    expect(ending.stderr).toMatch(message)
    expect(ending.stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})

function fileOf(text: string): string {
  const file = join(temporaryDirectory(), 'ca.crt')
  writeFileSync(file, text)
  return file
}
