import { describe, expect, it } from 'vitest'
import { MAX_REJECTIONS } from '../../../relay/pipeline/dispatch-failure.ts'
import type { SetAsideMessage } from '../../../relay/ports/quarantine.ts'
import {
  bearer,
  expectProblem,
  OPERATOR,
  PROD,
  startRelay,
  TOKENS,
} from '../../support/embedded-server.ts'
import { fluxRelay } from '../../support/flux-relay-command.ts'
import { START } from '../../support/manual-clock.ts'

function message(id: string, changes: Partial<SetAsideMessage> = {}): SetAsideMessage {
  return {
    id,
    kind: 'event',
    cluster: 'prod',
    cause: 'TypeError: a bug',
    rejections: MAX_REJECTIONS,
    firstAt: START,
    lastAt: START + 1_000,
    bytes: 512,
    ...changes,
  }
}

const UNREADABLE: SetAsideMessage = {
  id: '2',
  kind: 'retry',
  deliveryId: 'd1',
  cause: 'DamagedRecord: a stored delivery record cannot be read',
  rejections: 0,
  firstAt: START,
  lastAt: START,
  bytes: 0,
}

describe('GET /v1/quarantine', () => {
  it('lists what was set aside, with its cause', async () => {
    const { ports, call } = await startRelay()
    ports.quarantine.messages.push(message('1'), UNREADABLE)
    const { status, json } = await call('GET', '/v1/quarantine')
    expect(status).toBe(200)
    const [firstAt, lastAt] = [START, START + 1_000].map((time) => new Date(time).toISOString())
    expect(json).toEqual({
      messages: [
        { ...message('1'), firstAt, lastAt },
        { ...UNREADABLE, firstAt, lastAt: firstAt },
      ],
    })
  })

  it('refuses a parameter that it does not know, or cannot read', async () => {
    const { call } = await startRelay()
    expectProblem(await call('GET', '/v1/quarantine?limit=3'), 400, 'limit')
    expectProblem(await call('GET', '/v1/quarantine?cursor=x'), 400, 'cursor')
  })

  it('is the operator’s, as is putting back', async () => {
    const { ports, call } = await startRelay({ tokens: TOKENS })
    ports.quarantine.messages.push(message('1'))
    for (const headers of [{}, bearer(PROD)]) {
      expect((await call('GET', '/v1/quarantine', { headers })).status).toBe(401)
      expect((await call('POST', '/v1/quarantine/replay', { headers })).status).toBe(401)
    }
    expect(ports.quarantine.messages).toHaveLength(1)
    const headers = bearer(OPERATOR)
    expect((await call('GET', '/v1/quarantine', { headers })).status).toBe(200)
    const replayed = await call('POST', '/v1/quarantine/replay', { headers })
    expect(replayed).toMatchObject({ status: 202, json: { events: 1, retries: 0 } })
  })
})

describe('flux-relay replay --queue', () => {
  async function relayWith(messages: readonly SetAsideMessage[]) {
    const relay = await startRelay({ tokens: TOKENS })
    relay.ports.quarantine.messages.push(...messages)
    const run = (...flags: readonly string[]) =>
      fluxRelay(
        ['replay', '--queue', '--relay', `http://127.0.0.1:${relay.server.port}`, ...flags],
        { token: OPERATOR },
      )
    return { relay, run }
  }

  it('shows with --dry-run what is set aside, page after page, and leaves it there', async () => {
    const many = Array.from({ length: 450 }, (_, n) => message(String(n + 10)))
    const { relay, run } = await relayWith([message('1'), UNREADABLE, ...many])
    const { stdout, code } = await run('--dry-run')
    const [heading, first, second, ...rest] = stdout.trimEnd().split('\n')
    expect(heading).toMatch(/^ID +AGE +KIND +CLUSTER +REJECTIONS +CAUSE$/)
    expect(first).toMatch(/^1 +\S+ +event +prod +20 +TypeError: a bug$/)
    expect(second).toMatch(
      /^2 +\S+ +retry +0 +DamagedRecord: a stored delivery record cannot be read$/,
    )
    expect(rest).toHaveLength(450)
    expect(code).toBe(0)
    expect(relay.ports.quarantine.messages).toHaveLength(452)
  })

  it('puts all of it back', async () => {
    const { relay, run } = await relayWith([message('1'), UNREADABLE, message('3')])
    expect(await run()).toEqual({
      code: 0,
      stdout: '2 events and 1 retries are queued again\n',
      stderr: '',
    })
    expect(relay.ports.quarantine.messages).toEqual([])
  })
})
