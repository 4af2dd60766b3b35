import { describe, expect, it } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { startRelay } from '../support/embedded-server.ts'
import { fluxRelay } from '../support/flux-relay-command.ts'
import { type RecordingSink, startSink } from '../support/recording-sink.ts'
import { closedPort, startHttpsServer } from '../support/servers.ts'

const GET = ['get', 'alerts', '--relay'] as const

const ADVICE = '--relay, FLUX_RELAY_URL or a context names another one'

function lines({ requests }: RecordingSink): readonly string[] {
  return requests.map(({ line }) => line)
}

describe('--relay', () => {
  it('says which relay cannot be reached', async () => {
    const port = await closedPort()
    const { code, stdout, stderr } = await fluxRelay([...GET, `http://127.0.0.1:${port}`])
    const expected = `flux-relay: cannot reach the relay at http://127.0.0.1:${port}: `
    expect(stderr).toBe(`${expected}connect ECONNREFUSED 127.0.0.1:${port}; ${ADVICE}\n`)
    expect([code, stdout]).toEqual([1, ''])
  })

  it('says that a relay is asked by https:// where it speaks http://', async () => {
    const { server } = await startRelay()
    const { code, stderr } = await fluxRelay([...GET, `https://127.0.0.1:${server.port}`])
    const why =
      'the TLS handshake failed (EPROTO); without a proxy in front of it a relay speaks http://'
    const expected = `flux-relay: cannot reach the relay at https://127.0.0.1:${server.port}: ${why}`
    expect([code, stderr]).toEqual([1, `${expected}; ${ADVICE}\n`])
  })

  it('says how an unknown CA is trusted', async () => {
    const authority = await createAuthority()
    const { port } = await startHttpsServer(await authority.issue())
    const { code, stderr } = await fluxRelay([...GET, `https://127.0.0.1:${port}`])
    expect([code, stderr]).toEqual([
      1,
      `flux-relay: cannot reach the relay at https://127.0.0.1:${port}: its certificate is not trusted here (UNABLE_TO_VERIFY_LEAF_SIGNATURE); NODE_EXTRA_CA_CERTS=FILE adds the CA of a PEM file; ${ADVICE}\n`,
    ])
  })

  it('may have a path, with or without a slash', async () => {
    const path = '/relay/v1/clusters/local/config'
    const sink = await startSink({ [`GET ${path}`]: { status: 404 } })
    await Promise.all([
      fluxRelay([...GET, `${sink.url}/relay`]),
      fluxRelay([...GET, `${sink.url}/relay/`]),
    ])
    expect(lines(sink)).toEqual([`GET ${path}`, `GET ${path}`])
  })

  it('sends the token of the environment, and to no other address', async () => {
    const elsewhere = await startSink({})
    const sink = await startSink({
      'GET /v1/clusters/local/config': {
        status: 307,
        headers: { location: `${elsewhere.url}/v1/clusters/local/config` },
      },
    })
    const { code, stderr } = await fluxRelay([...GET, sink.url], { token: ' hunter2\n' })
    expect(sink.requests[0]?.headers.authorization).toBe('Bearer hunter2')
    expect(stderr).toMatch(/^flux-relay: cannot reach the relay at .*redirect/)
    expect(code).toBe(1)
    expect(elsewhere.requests).toEqual([])
  })

  it('shows no token that cannot be sent, and none in a URL', async () => {
    const { server } = await startRelay()
    const url = `http://127.0.0.1:${server.port}`
    const results = await Promise.all([
      fluxRelay([...GET, url], { token: 'hun\nter2' }),
      fluxRelay([...GET, url], { token: 'hun ter2' }),
      fluxRelay([...GET, url], { token: 'hun\u20acter2' }),
      fluxRelay([...GET, `http://prod:hunter2@127.0.0.1:${server.port}`]),
      fluxRelay([...GET, 'ftp://hunter2@127.0.0.1']),
    ])
    for (const { code, stdout, stderr } of results) {
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(/^flux-relay: .*FLUX_RELAY_TOKEN.*\n$/)
      expect(stderr).not.toMatch(/hun|ter2/)
    }
  })

  it('says when it is no relay that answers', async () => {
    const path = 'GET /v1/clusters/local/config'
    const sink = await startSink({
      [path]: (_, earlier) =>
        earlier === 0
          ? { status: 200, body: '<html>' }
          : { status: 502, body: 'Bad\u001b[2J Gateway' },
    })
    const first = await fluxRelay([...GET, sink.url])
    const second = await fluxRelay([...GET, sink.url])
    expect(first).toMatchObject({
      code: 1,
      stderr: 'flux-relay: the answer is not one of a flux-relay of this version\n',
    })
    expect(second).toMatchObject({ code: 1, stderr: 'flux-relay: the relay answered 502\n' })
  })

  it.each([
    [302, /^flux-relay: cannot reach the relay at .*: it answered 302, a redirect, and none/],
    [200, /^flux-relay: the answer is not one of a flux-relay of this version\n$/],
  ])('says so too of a list that is watched, where %i is answered', async (status, said) => {
    const page = { status, body: '<html>', headers: { location: '/login' } }
    const sink = await startSink({ 'GET /v1/deliveries/stream': page })
    const { code, stderr } = await fluxRelay(['get', 'deliveries', '-w', '--relay', sink.url])
    expect(stderr).toMatch(said)
    expect(code).toBe(1)
  })

  it.each([
    [['get', 'alerts'], 'GET /v1/clusters/local/config'],
    [['get', 'providers', '--fleet'], 'GET /v1/fleet/config'],
    [['describe', 'alert', 'apps'], 'GET /v1/clusters/local/config'],
    [['describe', 'event', 'abc'], 'GET /v1/events/abc'],
    [['get', 'deliveries', 'abc'], 'GET /v1/deliveries/abc'],
    [['diff', '-f', 'examples/quickstart'], 'GET /v1/clusters/local/config'],
  ])('takes the 404 of another server for no answer: %s', async (args, line) => {
    const path = '{"type":"unknown-path","detail":"there is nothing at this path"}'
    const answers = ['<h1>Not Found</h1>', '{"message":"Not Found"}', path]
    const sink = await startSink({
      [line]: (_, earlier) => ({ status: 404, body: answers[earlier] ?? '' }),
    })
    const said: string[] = []
    for (const _ of answers) {
      const { code, stdout, stderr } = await fluxRelay([...args, '--relay', sink.url])
      expect([code, stdout]).toEqual([1, ''])
      said.push(stderr)
    }
    const nothing = "flux-relay: the relay answered 404; check the relay's address\n"
    const lacking = 'flux-relay: the relay answered 404: there is nothing at this path\n'
    expect(said).toEqual([nothing, nothing, lacking])
  })

  it('takes an id that no path can have for one of nothing', async () => {
    const { server } = await startRelay()
    const relay = ['--relay', `http://127.0.0.1:${server.port}`]
    const [one, two, three] = await Promise.all([
      fluxRelay(['describe', 'delivery', '', ...relay]),
      fluxRelay(['describe', 'event', '..', ...relay]),
      fluxRelay(['replay', '..', ...relay]),
    ])
    expect(one.stderr).toBe('flux-relay: there is no delivery \n')
    expect(two.stderr).toBe('flux-relay: there is no record of an event .., or no longer\n')
    expect(three.stdout).toBe('.. there is no delivery ..\n0 queued, 1 refused\n')
  })
})
