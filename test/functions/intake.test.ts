import { createHmac } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { createIngest } from '../../functions/ingest/ingest.ts'
import { createClusterAccess } from '../../functions/shared/cluster-access.ts'
import { readEnvironment } from '../../functions/shared/environment.ts'
import { awsRelay, configBody } from '../support/aws-relay.ts'
import { functionUrlEvent, httpApiEvent } from '../support/http-api-event.ts'
import { intercept } from '../support/intercept.ts'
import { kustomizationEvent } from '../support/relay-manifests.ts'

const { open } = awsRelay()

function eventsRequest(token: string, cluster = 'prod') {
  return httpApiEvent({
    method: 'POST',
    resource: 'events',
    cluster,
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(kustomizationEvent('podinfo', '3f2c9a1')),
  })
}

function signedRequest(key: string) {
  const request = eventsRequest('none')
  const signature = createHmac('sha256', key)
    .update(request.body ?? '')
    .digest('hex')
  return { ...request, headers: { 'x-signature': `sha256=${signature}` } }
}

describe('the URL of ingest', () => {
  const request = (token: string, changes: object = {}) =>
    functionUrlEvent({
      ...{ method: 'POST', resource: 'events', cluster: 'prod' },
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(kustomizationEvent('podinfo', '3f2c9a1')),
      ...changes,
    })

  it('takes events as the API does, and checks who sends them', async () => {
    const relay = await open()
    await relay.setTokens('prod', ['right'])
    expect(await relay.ingest(request('right'))).toMatchObject({ statusCode: 202 })
    expect(await relay.ingest(request('wrong'))).toMatchObject({ statusCode: 401 })
    expect(await relay.ingest(request('right', { cluster: 'other' }))).toMatchObject({
      statusCode: 401,
    })
  })

  it('has nothing at another path, nor for another method', async () => {
    const relay = await open()
    await relay.setTokens('prod', ['right'])
    const get = { method: 'GET' }
    expect(await relay.ingest(request('right', get))).toMatchObject({ statusCode: 405 })
    const put = { method: 'PUT', resource: 'config' }
    expect(await relay.ingest(request('right', put))).toMatchObject({ statusCode: 404 })
    expect(await relay.ingest({ ...request('right'), rawPath: '/' })).toMatchObject({
      statusCode: 404,
    })
  })
})

describe('events that do not get in', () => {
  it.each([
    ['a wrong token', 'wrong', undefined, 'unauthorized', 'prod'],
    ['a body that is no JSON', 'right', '{', 'unreadable-body', 'prod'],
    ['no good event', 'right', '[{}]', 'none-good', 'prod'],
    ['a bad event among good ones', 'right', 'mixed', 'rejected', 'prod'],
  ])('leave a line with cause and cluster: %s', async (_, token, body, cause, cluster) => {
    const relay = await open()
    await relay.setTokens('prod', ['right'])
    const good = JSON.stringify(kustomizationEvent('podinfo', '3f2c9a1'))
    const changes = body === undefined ? {} : { body: body === 'mixed' ? `[${good}, {}]` : body }
    await relay.ingest({ ...eventsRequest(token), ...changes })
    const warnings = relay.lines.filter(({ level }) => level === 'warn')
    expect(warnings).toMatchObject([{ fields: { cause, cluster } }])
  })

  it('leave one without a cluster when there is none of that name', async () => {
    const relay = await open()
    await relay.ingest(eventsRequest('wrong', 'nope'))
    expect(relay.lines).toMatchObject([{ level: 'warn', fields: { cause: 'unauthorized' } }])
    expect(JSON.stringify(relay.lines)).not.toContain('nope')
  })
})

describe('credentials', () => {
  it('answers a wrong token and an unknown cluster alike', async () => {
    const relay = await open()
    await relay.setTokens('prod', ['right'])
    const [wrong, unknown] = await Promise.all([
      relay.ingest(eventsRequest('wrong')),
      relay.ingest(eventsRequest('wrong', 'nope')),
    ])
    expect(wrong).toMatchObject({ statusCode: 401, headers: { 'WWW-Authenticate': 'Bearer' } })
    expect(JSON.stringify(unknown).replaceAll('nope', 'prod')).toBe(JSON.stringify(wrong))
  })

  it('knows a rotated token at once, and reads again every 30 s at most', async () => {
    const relay = await open()
    const operations: string[] = []
    const count: Parameters<typeof intercept>[1] = ({ operation }, pass) => {
      operations.push(operation)
      return pass()
    }
    const { secretsManager, dynamoDb } = relay.clients
    const stops = [intercept(secretsManager, count), intercept(dynamoDb, count)]
    await relay.setTokens('prod', ['old'])
    expect(await relay.ingest(eventsRequest('old'))).toMatchObject({ statusCode: 202 })
    await relay.setTokens('prod', ['new'])
    expect(await relay.ingest(eventsRequest('new'))).toMatchObject({ statusCode: 202 })
    operations.length = 0
    for (let i = 0; i < 5; i += 1) {
      expect(await relay.ingest(eventsRequest('wrong'))).toMatchObject({ statusCode: 401 })
    }
    expect(operations).toEqual([])
    relay.time.offsetMs = 30_000
    await relay.ingest(eventsRequest('wrong'))
    expect(operations).toEqual(['Query'])
    for (const stop of stops) stop()
  })

  it('believes a revoked token for no longer in a container that was frozen', async () => {
    const relay = await open()
    await relay.setTokens('prod', ['old'])
    expect(await relay.ingest(eventsRequest('old'))).toMatchObject({ statusCode: 202 })
    await relay.setTokens('prod', ['new'])
    relay.time.frozenMs = 5 * 60_000
    expect(await relay.ingest(eventsRequest('old'))).toMatchObject({ statusCode: 401 })
  })

  it('knows a rotated token at once in a container that was frozen after a wrong one', async () => {
    const relay = await open()
    await relay.setTokens('prod', ['old'])
    expect(await relay.ingest(eventsRequest('wrong'))).toMatchObject({ statusCode: 401 })
    await relay.setTokens('prod', ['new'])
    relay.time.frozenMs = 30_000
    expect(await relay.ingest(eventsRequest('new'))).toMatchObject({ statusCode: 202 })
  })

  it('knows a rotated token when the tokens can be read again after a failure', async () => {
    const relay = await open()
    await relay.setTokens('prod', ['old'])
    expect(await relay.ingest(eventsRequest('old'))).toMatchObject({ statusCode: 202 })
    await relay.setTokens('prod', ['new'])
    const stop = intercept(relay.clients.dynamoDb, () => Promise.reject(new Error('throttled')))
    expect(await relay.ingest(eventsRequest('new'))).toMatchObject({ statusCode: 503 })
    stop()
    expect(await relay.ingest(eventsRequest('new'))).toMatchObject({ statusCode: 202 })
  })

  it('remembers the key of signatures that was read past the cache', async () => {
    const relay = await open()
    await relay.setTokens('prod', ['right'])
    const operations: string[] = []
    const stop = intercept(relay.clients.secretsManager, ({ operation }, pass) => {
      operations.push(operation)
      return pass()
    })
    expect(await relay.ingest(signedRequest('wrong'))).toMatchObject({ statusCode: 401 })
    operations.length = 0
    for (let i = 0; i < 3; i += 1) {
      expect(await relay.ingest(signedRequest('right'))).toMatchObject({ statusCode: 202 })
    }
    expect(operations).toEqual([])
    stop()
  })

  it('asks DynamoDB once of a name that no cluster has, and Secrets Manager never', async () => {
    const relay = await open()
    const operations: string[] = []
    const count: Parameters<typeof intercept>[1] = ({ operation }, pass) => {
      operations.push(operation)
      return pass()
    }
    const { secretsManager, dynamoDb, sqs } = relay.clients
    const stops = [secretsManager, dynamoDb, sqs].map((client) => intercept(client, count))
    const strangers = Array.from({ length: 200 }, (_, index) => {
      const request = eventsRequest('guess', `cluster-${index % 150}`)
      if (index % 2 === 0) return request
      return { ...request, headers: { 'x-signature': `sha256=${'0'.repeat(64)}` } }
    })
    for (const request of strangers) {
      expect(await relay.ingest(request)).toMatchObject({ statusCode: 401 })
    }
    expect(operations).toEqual(Array(200).fill('Query'))
    // No cluster can be called so.
    await relay.ingest(eventsRequest('guess', 'a/b'))
    await relay.ingest(eventsRequest('guess', 'x'.repeat(64)))
    expect(operations).toHaveLength(200)
    for (const stop of stops) stop()
  })

  it('admits a cluster at once, also one that was asked for before', async () => {
    const relay = await open()
    expect(await relay.ingest(eventsRequest('right'))).toMatchObject({ statusCode: 401 })
    await relay.setTokens('prod', ['right'])
    expect(await relay.ingest(eventsRequest('right'))).toMatchObject({ statusCode: 202 })
  })

  it('keeps the configuration behind the token', async () => {
    const relay = await open()
    await relay.setTokens('prod', ['right'])
    const ask = (method: 'PUT' | 'GET', token: string, body = '') =>
      relay.reconcileConfig(
        httpApiEvent({
          method,
          resource: 'config',
          cluster: 'prod',
          headers: { authorization: `Bearer ${token}` },
          body,
        }),
      )
    const now = Date.now()
    expect(await ask('PUT', 'wrong', configBody(now))).toMatchObject({ statusCode: 401 })
    expect(await ask('GET', 'right')).toMatchObject({ statusCode: 404 })
    expect(await ask('PUT', 'right', configBody(now))).toMatchObject({ statusCode: 200 })
    expect(await ask('PUT', 'right', configBody(now - 1_000))).toMatchObject({ statusCode: 409 })
    expect(await ask('GET', 'right')).toMatchObject({ statusCode: 200 })
  })

  it('says 503 when the tokens cannot be read', async () => {
    const relay = await open()
    const access = createClusterAccess(
      { read: () => Promise.reject(new Error('denied')) },
      {
        ...relay.ports.clock,
      },
    )
    const ingest = createIngest({
      ...relay,
      access,
      onFailed: () => undefined,
      onRefused: () => undefined,
    })
    expect(await ingest(eventsRequest('right'))).toMatchObject({ statusCode: 503 })
    expect(relay.lines).toMatchObject([{ level: 'error', message: 'request failed' }])
  })
})

describe('queueing', () => {
  it('says of one event what became of it, as of a batch', async () => {
    const relay = await open()
    await relay.setTokens('prod', ['right'])
    expect(await relay.ingest(eventsRequest('right'))).toMatchObject({
      statusCode: 202,
      headers: { 'Content-Type': 'application/json' },
      body: '{"accepted":1,"rejected":[]}',
    })
  })

  it('says 503 when SQS took a part only', async () => {
    const relay = await open()
    await relay.setTokens('prod', ['right'])
    const body = JSON.stringify(['one', 'two'].map((name) => kustomizationEvent(name, '3f2c9a1')))
    const request = { ...eventsRequest('right'), body }
    const send = vi.spyOn(relay.clients.sqs, 'send')
    send.mockImplementation(async () => ({
      Successful: [{ Id: '0' }],
      Failed: [{ Id: '1', Code: 'InvalidMessageContents', SenderFault: true }],
    }))
    const answer = await relay.ingest(request)
    send.mockRestore()
    expect(answer).toMatchObject({
      statusCode: 503,
      headers: { 'Content-Type': 'application/problem+json' },
    })
    // A sender waits as long as it says, and a worker of a Flux controller with it.
    expect(answer.headers).not.toHaveProperty('Retry-After')
    expect(await relay.ingest(request)).toMatchObject({ statusCode: 202 })
  })
})

describe('environment', () => {
  it('names every variable that is missing or wrong', () => {
    const read = () =>
      readEnvironment({
        CONFIG_TABLE: 'config',
        NO_CROSS_NAMESPACE_REFS: 'yes',
        RETENTION_DAYS: '0',
        RATE_LIMIT_INTERVAL: '5',
      })
    for (const name of [
      'STATE_TABLE',
      'SECRET_PREFIX',
      'NO_CROSS_NAMESPACE_REFS',
      'RETENTION_DAYS',
      'RATE_LIMIT_INTERVAL',
    ])
      expect(read).toThrow(name)
    expect(read).not.toThrow('CONFIG_TABLE')
  })

  const variables = {
    CONFIG_TABLE: 'config',
    STATE_TABLE: 'state',
    LEDGER_TABLE: 'ledger',
    EVENTS_QUEUE_URL: 'https://sqs.test/1/events.fifo',
    RETRIES_QUEUE_URL: 'https://sqs.test/1/retries',
    SECRET_PREFIX: 'flux-relay/prod',
  }

  it('tells how much memory the function may take', () => {
    const { memoryBytes } = readEnvironment({
      ...variables,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    })
    expect(memoryBytes).toBe(512 * 1024 * 1024)
    expect(readEnvironment(variables).memoryBytes).toBeUndefined()
  })

  it('names a proxy that is none, without its credentials', () => {
    const { proxies } = readEnvironment({ ...variables, HTTPS_PROXY: 'http://p.test:3128' })
    expect(proxies.proxyFor(new URL('https://a.test/'))).toBe('http://p.test:3128')
    const read = () => readEnvironment({ ...variables, HTTPS_PROXY: 'ftp://u:hunter2@p.test' })
    expect(read).toThrow(/^environment: HTTPS_PROXY: /)
    expect(read).not.toThrow('hunter2')
  })
})
