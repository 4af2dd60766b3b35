import { describe, expect, it } from 'vitest'
import { createDispatcher } from '../../../relay/pipeline/dispatch.ts'
import { reconcile } from '../../../relay/pipeline/reconcile.ts'
import {
  bearer,
  expectProblem,
  OPERATOR,
  PROD,
  startRelay,
  TOKENS,
  VIEWER,
} from '../../support/embedded-server.ts'
import { testClient } from '../../support/http-client.ts'
import { memoryPorts } from '../../support/memory-ports.ts'
import { type SinkAnswers, startSink } from '../../support/recording-sink.ts'
import { provider } from '../../support/relay-harness.ts'

const RULES = { noCrossNamespaceRefs: false, rateLimitIntervalMs: 0 } as const

/** The relay with its own HTTP client, and Providers `hook` and `other` of `prod` that lead to a sink. */
async function started(answers: SinkAnswers) {
  const sink = await startSink(answers)
  const tested: object[] = []
  const memory = memoryPorts()
  const observer = {
    ...memory.observer,
    tested: (decision: object) => void tested.push(decision),
  }
  const ports = { ...memory, observer, http: testClient() }
  const { dispatchTest: runTest } = createDispatcher(ports, RULES)
  const relay = await startRelay({ ports, runTest, tokens: TOKENS })
  const hook = { type: 'generic', address: `${sink.url}/hook`, secretRef: { name: 'hook' } }
  const other = provider('other', { type: 'generic', address: `${sink.url}/other` })
  memory.secrets.put('prod', 'flux-system', 'hook', { token: 'hunter2-token' })
  const manifests = [
    provider('hook', hook),
    { ...other, metadata: { ...other.metadata, uid: 'another-uid' } },
  ]
  await ports.configs.replace(await reconcile('prod', manifests, 0, ports.secrets))
  const ask = (name = 'hook', token = OPERATOR, body: object = { cluster: 'prod' }) =>
    relay.call('POST', `/v1/providers/flux-system/${name}/test`, {
      headers: bearer(token),
      body: JSON.stringify(body),
    })
  return { ...relay, ports, sink, ask, tested }
}

describe('POST /v1/providers/{namespace}/{name}/test', () => {
  it('sends the sample over the network, and records it with who asked', async () => {
    const { ask, sink, ports, tested } = await started({
      'POST /hook': { status: 200, body: 'taken, hunter2-token' },
    })
    const reply = await ask('hook', 'operator-token-2')
    expect(reply).toMatchObject({
      status: 200,
      json: { outcome: 'delivered', test: { by: 'ann' }, attempts: [{ status: 200 }] },
    })
    expect(reply.text).not.toContain('hunter2')
    expect(JSON.parse(sink.requests[0]?.body ?? '')).toMatchObject({
      involvedObject: { kind: 'Provider', name: 'hook' },
      reason: 'ProviderTest',
      metadata: { test: 'true' },
    })
    const { records } = await ports.ledger.list({}, 10)
    expect(records).toMatchObject([{ test: { by: 'ann' }, alert: { name: '(test)' } }])
    // Nothing that counts deliveries hears of it, and no cluster has reported an event.
    expect([ports.decisions, tested.length]).toEqual([[], 1])
  })

  it('is no event, in no list and by no id', async () => {
    const { ask, call } = await started({ 'POST /hook': { status: 500 } })
    const { json } = await ask()
    expect(json).toMatchObject({ outcome: 'failed', reason: 'HTTP 500', test: {} })
    const headers = bearer(OPERATOR)
    const { eventId = '' } = json as { readonly eventId?: string }
    expect((await call('GET', '/v1/events', { headers })).json).toEqual({ events: [] })
    expectProblem(await call('GET', `/v1/events/${eventId}`, { headers }), 404, 'no record')
  })

  it('is refused to viewers, clusters and strangers', async () => {
    const { ask, sink } = await started({})
    expectProblem(await ask('hook', VIEWER), 403, 'role viewer')
    expectProblem(await ask('hook', PROD), 401, '')
    expectProblem(await ask('hook', 'stranger'), 401, '')
    expectProblem(await ask('nosuch'), 404, 'has no Provider flux-system/nosuch')
    expectProblem(await ask('hook', OPERATOR, { cluster: 'stage' }), 404, 'no configuration yet')
    expectProblem(await ask('hook', OPERATOR, {}), 400, 'cluster: ')
    expect(sink.requests).toEqual([])
  })

  it('makes one test of a Provider at a time, and ten in all', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const hang = async () => {
      await gate
      return { status: 200 }
    }
    const { ask, sink } = await started({ 'POST /hook': hang, 'POST /other': { status: 200 } })
    const asked = Array.from({ length: 9 }, () => ask())
    expect((await ask('other')).json).toMatchObject({ outcome: 'delivered' })
    const one = ask('other')
    expect((await one).status).toBe(200)
    const tenth = ask()
    await expect.poll(async () => (await ask('other')).status).toBe(503)
    expectProblem(await ask('other'), 503, '10 tests are under way')
    expect(sink.requests.filter(({ line }) => line === 'POST /hook')).toHaveLength(1)
    open()
    const outcomes = (await Promise.all([...asked, tenth])).map(({ status }) => status)
    expect(outcomes).toEqual(Array.from({ length: 10 }, () => 200))
    expect(sink.requests.filter(({ line }) => line === 'POST /hook')).toHaveLength(10)
  })
})
