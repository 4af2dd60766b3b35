import { describe, expect, it } from 'vitest'
import { createHostErrors } from '../../../relay/pipeline/host-ports.ts'
import { createTryPorts } from '../../../relay/pipeline/try-ports.ts'
import type { CloudIdentities } from '../../../relay/ports/cloud-identities.ts'
import type { OutboundRequest, TransportOptions } from '../../../relay/ports/http.ts'
import { createAccessTokens } from '../../../relay/providers/auth/access-tokens.ts'
import { BINDINGS } from '../../support/cloud-bindings.ts'
import { START } from '../../support/manual-clock.ts'
import { memoryPorts } from '../../support/memory-ports.ts'
import { response } from '../../support/notifications.ts'

const TRANSPORT: TransportOptions = { timeoutMs: 15_000, proxyUrl: 'http://proxy.test' }
const REQUEST: OutboundRequest = { method: 'GET', url: 'https://a.test/', headers: {}, body: '' }

/** The ports of one try, whose destinations take `tookMs` for each request. */
function open(tookMs: number) {
  const ports = memoryPorts()
  const options: TransportOptions[] = []
  const http = {
    async send(_: OutboundRequest, given: TransportOptions) {
      options.push(given)
      ports.clock.set(ports.clock.now() + tookMs)
      return response(200)
    },
  }
  const tokens = createAccessTokens(ports.clock)
  const parts = { ports: { ...ports, http }, tokens, host: createHostErrors() }
  return { ports, options, tryPorts: createTryPorts(parts, 'prod', TRANSPORT) }
}

describe('the ports of one try', () => {
  it('sends each request the Provider’s way, in what those before have left of its time', async () => {
    const { tryPorts, options } = open(6_000)
    for (let n = 0; n < 3; n += 1) expect((await tryPorts.send(REQUEST)).kind).toBe('response')
    expect(options).toEqual(
      [15_000, 9_000, 3_000].map((timeoutMs) => ({ ...TRANSPORT, timeoutMs })),
    )
    expect(await tryPorts.send(REQUEST)).toMatchObject({
      kind: 'failure',
      cause: 'timeout',
      mayHaveArrived: false,
      detail: expect.stringContaining('15000 ms'),
    })
    expect(options).toHaveLength(3)
  })

  it.each([
    ['back by hours', -3 * 3_600_000],
    ['back by a second', -1_000],
    ['forward by seconds', 10_000],
    ['forward by days', 72 * 3_600_000],
  ])('gives as much time as is left when the clock is set %s', async (_, byMs) => {
    const { tryPorts, options, ports } = open(6_000)
    await tryPorts.send(REQUEST)
    ports.clock.setBy(byMs)
    await tryPorts.send(REQUEST)
    expect(options.map(({ timeoutMs }) => timeoutMs)).toEqual([15_000, 9_000])
  })

  it('remembers texts for its cluster, and for 90 days', async () => {
    const { tryPorts, ports } = open(0)
    expect(await tryPorts.memory.read('comment')).toBeUndefined()
    await tryPorts.memory.write('comment', '41')
    await tryPorts.memory.write('comment', '42')
    expect(await tryPorts.memory.read('comment')).toBe('42')
    const parts = { ports, tokens: tryPorts.tokens, host: createHostErrors() }
    const elsewhere = createTryPorts(parts, 'staging', TRANSPORT)
    expect(await elsewhere.memory.read('comment')).toBeUndefined()
    ports.clock.set(START + 90 * 24 * 3_600_000)
    expect(await tryPorts.memory.read('comment')).toBeUndefined()
  })

  it('knows the identities of its own cluster, read past the cache when it has to be', async () => {
    const asked: unknown[] = []
    const bindings: CloudIdentities['bindings'] = async (...args) => {
      asked.push(args)
      return BINDINGS
    }
    const { ports, tryPorts } = open(0)
    const parts = {
      ports: { ...ports, identities: { ...ports.identities, bindings } },
      tokens: tryPorts.tokens,
      host: createHostErrors(),
    }
    const { identities } = createTryPorts(parts, 'prod', TRANSPORT)
    expect([identities.cluster, await identities.bindings()]).toEqual(['prod', BINDINGS])
    await createTryPorts(parts, 'staging', TRANSPORT, { fresh: true }).identities.bindings()
    expect(asked).toEqual([
      ['prod', {}],
      ['staging', { fresh: true }],
    ])
  })

  it.each([
    [{ ca: 'PEM' }, true],
    [{ cert: 'PEM', key: 'PEM' }, false],
    [undefined, false],
  ])('says of %j whether the Provider names its own roots: %s', (tls, expected) => {
    const { ports, tryPorts } = open(0)
    const transport = { ...TRANSPORT, ...(tls && { tls }) }
    const parts = { ports, tokens: tryPorts.tokens, host: createHostErrors() }
    expect(createTryPorts(parts, 'prod', transport).hasOwnRoots).toBe(expected)
  })
})
