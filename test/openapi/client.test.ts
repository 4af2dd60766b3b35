import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deliveryRecord, event } from '../support/delivery-records.ts'
import { OPERATOR, PROD, startRelay, TOKENS } from '../support/embedded-server.ts'
import { installTools, type PublicTools } from './public-tools.ts'

interface Result {
  readonly data?: unknown
  readonly error?: unknown
  readonly response: Response
}
type Operation = (options?: object) => Promise<Result>

const installed = installTools()
const missing = 'missing' in installed ? installed.missing : ''

describe.skipIf(missing !== '')(`the document of the API ${missing}`, () => {
  const tools = installed as PublicTools
  let client: Readonly<Record<string, Operation>>
  beforeAll(async () => {
    client = (await tools.client()) as typeof client
  })
  afterAll(() => tools.remove())

  it('is valid for a public linter', () => {
    expect(() => tools.lint()).not.toThrow()
  })

  /** Calls an operation of the generated client on a relay. */
  async function start() {
    const relay = await startRelay({ tokens: TOKENS })
    const call = (name: string, token: string, options: object = {}) => {
      const operation = client[name]
      if (operation === undefined) throw new Error(`the client has no ${name}`)
      const baseUrl = `http://127.0.0.1:${relay.server.port}`
      const auth = ({ scheme }: { scheme?: string }) => (scheme === 'bearer' ? token : undefined)
      return operation({ baseUrl, auth, ...options })
    }
    return { ...relay, call }
  }

  it('makes a client that puts a configuration and posts events', async () => {
    const { call, ports } = await start()
    const path = { cluster: 'prod' }
    const body = { takenAt: '2026-11-20T09:14:03Z', alerts: [], providers: [] }
    expect(await call('putConfig', PROD, { path, body })).toMatchObject({ data: { objects: [] } })
    expect(await call('showConfig', OPERATOR, { path })).toMatchObject({
      data: { cluster: 'prod' },
    })
    const posted = await call('postEvents', PROD, { path, body: [event(), event('other')] })
    expect(posted).toMatchObject({ data: { accepted: 2, rejected: [] } })
    expect(ports.queue.events).toHaveLength(2)
  })

  it('makes a client that lists, shows and replays deliveries', async () => {
    const { call, ports } = await start()
    ports.ledger.put(deliveryRecord({ outcome: 'dead' }))
    const listed = await call('listDeliveries', OPERATOR, { query: { outcome: 'dead' } })
    expect(listed).toMatchObject({ data: { deliveries: [{ id: 'delivery-1' }] } })
    const path = { id: 'delivery-1' }
    expect(await call('replayDelivery', OPERATOR, { path })).toMatchObject({
      data: { outcome: 'retry' },
    })
    expect(await call('showDelivery', OPERATOR, { path })).toMatchObject({ data: { attempt: 2 } })
  })

  it('makes a client that can tell problems apart', async () => {
    const { call } = await start()
    expect(await call('listDeliveries', 'wrong')).toMatchObject({
      error: { type: 'unauthorized', status: 401 },
    })
    expect(await call('showDelivery', OPERATOR, { path: { id: 'none' } })).toMatchObject({
      error: { type: 'unknown-delivery', status: 404 },
    })
    const stale = { takenAt: '2026-11-20T09:00:00Z', alerts: [], providers: [] }
    const path = { cluster: 'prod' }
    await call('putConfig', PROD, { path, body: { ...stale, takenAt: '2026-11-20T09:14:03Z' } })
    expect(await call('putConfig', PROD, { path, body: stale })).toMatchObject({
      error: { type: 'stale-config', storedAt: '2026-11-20T09:14:03.000Z' },
    })
  })
})
