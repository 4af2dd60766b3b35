import { describe, expect, it } from 'vitest'
import { bearer, PROD, startRelay, TOKENS } from '../../support/embedded-server.ts'
import { fixtureJson } from '../../support/notifications.ts'

const BODY = JSON.stringify(fixtureJson('kustomization-applied'))
const WRONG = 'hunter2-wrong'
const COUNTER = 'flux_relay_events_unauthorized_total'

function basic(user: string, password: string) {
  return { Authorization: `Basic ${btoa(`${user}:${password}`)}` }
}

async function refusing() {
  const relay = await startRelay({ tokens: TOKENS })
  const lines = () =>
    relay
      .logged()
      .split('\n')
      .filter((line) => line.includes('events refused'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  const count = async () => {
    const text = await relay.deps.metrics.text()
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(COUNTER))
        ?.split(' ')[1],
    )
  }
  return { ...relay, lines, count }
}

describe('events that do not get in', () => {
  const PATH = '/v1/clusters/prod/events'

  async function posting(...posts: readonly (readonly [string, string])[]) {
    const { call, logged } = await startRelay({ tokens: TOKENS })
    for (const [path, body] of posts) await call('POST', path, { body, headers: bearer(PROD) })
    return logged()
      .split('\n')
      .filter((line) => /events|a post/.test(line))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  it.each<[string, readonly (readonly [string, string])[], Record<string, unknown>]>([
    [
      'a body that is not valid',
      [[PATH, '{}']],
      { level: 'warn', cause: 'none-good', cluster: 'prod', detail: /involvedObject/ },
    ],
    ['no JSON', [[PATH, 'hello']], { level: 'warn', cause: 'unreadable-body', cluster: 'prod' }],
    ['a path that is none', [['/v1/event', BODY]], { level: 'warn', cause: 'unknown-path' }],
    [
      'a batch with a bad one',
      [[PATH, `[${BODY}, {}]`]],
      { level: 'warn', cluster: 'prod', rejected: 1, detail: /involvedObject/ },
    ],
    [
      'the same bytes again',
      [
        [PATH, BODY],
        [PATH, BODY],
      ],
      {
        level: 'info',
        cluster: 'prod',
        duplicates: 1,
        object: /^Kustomization\//,
        event: /^[0-9a-f]{64}$/,
      },
    ],
  ])('leave a line: %s', async (_, posts, expected) => {
    const lines = await posting(...posts)
    const fields = Object.entries(expected).map(([name, value]) => [
      name,
      value instanceof RegExp ? expect.stringMatching(value) : value,
    ])
    expect(lines).toEqual([expect.objectContaining(Object.fromEntries(fields))])
  })

  it.each([
    ['by its method', '/healthz', bearer(PROD), TOKENS, 'wrong-method', undefined],
    [
      'by its page',
      '/',
      { Origin: 'http://evil.example' },
      undefined,
      'foreign-origin',
      /^Origin: /,
    ],
  ])('say why a request was refused %s, and not that its path is unknown', async (...row) => {
    const [, path, headers, tokens, cause, detail] = row
    const { call, logged } = await startRelay({ tokens })
    await call('POST', path, { body: BODY, headers })
    const [line = '', ...others] = logged()
      .split('\n')
      .filter((each) => each.includes(cause))
    expect(others).toEqual([])
    expect(JSON.parse(line)).toMatchObject({
      level: 'warn',
      cause,
      msg: 'a posted request was refused; if it had events, they are lost',
      ...(detail && { detail: expect.stringMatching(detail) }),
    })
  })

  it('leave one line a minute of each cause, which counts the others', async () => {
    const { call, logged, ports } = await startRelay({ tokens: TOKENS })
    const post = (body: string) => call('POST', PATH, { body, headers: bearer(PROD) })
    for (let n = 0; n < 50; n += 1) await post('{}')
    await post('hello')
    ports.clock.advance(60_000)
    await post('{}')
    const lines = logged()
      .split('\n')
      .filter((line) => line.includes('events not taken'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.map(({ cause, moreSinceLast }) => [cause, moreSinceLast])).toEqual([
      ['none-good', undefined],
      ['unreadable-body', undefined],
      ['none-good', 49],
    ])
  })
})

describe('a sender with a wrong token', () => {
  it.each([
    ['the wrong one of a cluster', '/', basic('prod', WRONG), 'prod'],
    ["another cluster's", '/', basic('staging', PROD), 'staging'],
    ['a cluster that is none', '/', basic('nope', WRONG), undefined],
    ['the token in the place of the name', '/', basic(WRONG, ''), undefined],
    ['a bearer token', '/', bearer(WRONG), undefined],
    ['none', '/', {}, undefined],
    ['one on the path of a cluster', '/v1/clusters/prod/events', bearer(WRONG), 'prod'],
    ['one on that of none', '/v1/clusters/nope/events', bearer(WRONG), undefined],
  ])('leaves a line without it, and is counted: %s', async (_, path, headers, cluster) => {
    const { call, lines, count, logged } = await refusing()
    expect(await count()).toBe(0)
    expect((await call('POST', path, { body: BODY, headers })).status).toBe(401)
    expect(lines()).toEqual([
      expect.objectContaining({ level: 'warn', address: expect.stringContaining('127.0.0.1') }),
    ])
    expect(lines()[0]?.cluster).toBe(cluster)
    expect(await count()).toBe(1)
    for (const secret of [WRONG, PROD]) expect(logged()).not.toContain(secret)
  })

  it('leaves a line a minute, which counts the others', async () => {
    const { call, lines, count, ports } = await refusing()
    const post = () => call('POST', '/', { body: BODY, headers: basic('prod', WRONG) })
    for (let n = 0; n < 5; n += 1) await post()
    expect(lines()).toHaveLength(1)
    ports.clock.advance(60_000)
    await post()
    expect(lines().map(({ moreSinceLast }) => moreSinceLast)).toEqual([undefined, 4])
    expect(await count()).toBe(6)
  })

  it('is not one with the right token', async () => {
    const { call, lines, count } = await refusing()
    await call('POST', '/', { body: BODY, headers: basic('prod', PROD) })
    await call('POST', '/', { body: 'x', headers: basic('prod', PROD) })
    expect([lines(), await count()]).toEqual([[], 0])
  })
})
