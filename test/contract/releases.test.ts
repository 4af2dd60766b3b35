import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ZodType } from 'zod'
import { read, refusalText } from '../../client/answers.ts'
import { batchResultOf } from '../../client/cluster/batch-result.ts'
import { putSet } from '../../client/cluster/put-set.ts'
import { createRelayClient } from '../../client/relay-client.ts'
import type { RelayRequests } from '../../client/requests.ts'
import type { Answer } from '../../relay/api/answer.ts'
import { AppliedConfig, StoredConfig } from '../../relay/api/schemas/config.ts'
import { DeliveriesPage, Delivery } from '../../relay/api/schemas/deliveries.ts'
import { ReceivedEvents } from '../../relay/api/schemas/events.ts'
import { StoredSecret } from '../../relay/api/schemas/secrets.ts'
import type { HttpResponse } from '../../relay/ports/http.ts'
import { callsOf } from '../fixtures/exchanges/calls.ts'
import { clientsOf, TOKENS } from '../fixtures/exchanges/clients.ts'
import { type Exchange, type Holder, readExchanges } from '../fixtures/exchanges/exchange.ts'
import { received } from '../fixtures/exchanges/received.ts'
import { deliveryRecord } from '../support/delivery-records.ts'
import { bearer, startRelay } from '../support/embedded-server.ts'
import { startHttpServer } from '../support/servers.ts'

const EXCHANGES = readExchanges()
const RECORDED_AT = Date.parse('2026-11-28T10:00:10Z')

function exchange(name: string): Exchange {
  const found = EXCHANGES.find((it) => it.name === name)
  if (found === undefined) throw new Error(`${name} is not recorded`)
  return found
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'flux-relay-releases-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

const idOf = () => exchange('describe shows a delivery').path.split('/').at(-1) ?? ''

describe('a client of 591c4aa on this relay', () => {
  async function start() {
    const tokens = {
      operators: [{ role: 'operator', tokens: TOKENS.operators }] as const,
      clusters: new Map(Object.entries(TOKENS.clusters)),
    }
    const relay = await startRelay({ tokens })
    relay.ports.clock.advance(RECORDED_AT - relay.ports.clock.now())
    const attempts = [
      {
        attempt: 1,
        startedAt: RECORDED_AT,
        durationMs: 1,
        outcome: 'dead',
        reason: 'gone',
      } as const,
    ]
    relay.ports.ledger.put(
      deliveryRecord({ id: idOf(), cluster: 'prod', outcome: 'dead', attempts }),
    )
    const send = ({ method, path, token, contentType, isPacked, body }: Exchange) => {
      const cluster = path.split('/')[3] as keyof typeof TOKENS.clusters
      const bearers: Readonly<Record<Holder, string>> = {
        operator: TOKENS.operators[0],
        cluster: TOKENS.clusters[cluster]?.[0] ?? '',
        nobody: 'a-wrong-token',
      }
      const headers = {
        ...bearer(bearers[token]),
        ...(contentType && { 'content-type': contentType }),
        ...(isPacked && { 'content-encoding': 'gzip' }),
      }
      return relay.call(method, path, { headers, body: isPacked ? gzipSync(body) : body })
    }
    return { send }
  }

  it('gets what a relay of its own version answers, and more', async () => {
    const { send } = await start()
    for (const recorded of EXCHANGES) {
      const { name, answer } = recorded
      const { status, headers, json } = await send(recorded)
      expect([name, status]).toEqual([name, answer.status])
      expect([name, headers['content-type']]).toEqual([name, answer.contentType])
      expect([name, ...missing(JSON.parse(answer.body), json)]).toEqual([name])
      // By these sentences shippers of that version know what to do.
      if (status === 409) expect(json).toMatchObject(JSON.parse(answer.body))
    }
  })
})

/** The fields of a recorded answer that another has not, or not of the same type. */
function missing(recorded: unknown, now: unknown, path = '$'): readonly string[] {
  const kind = (value: unknown) => (Array.isArray(value) ? 'array' : typeof value)
  if (kind(recorded) !== kind(now)) return [`${path} is ${kind(now)}`]
  if (typeof recorded !== 'object' || recorded === null) return []
  const fields = Object.entries(recorded).filter(([field]) => !OF_STATE.has(field))
  return fields.flatMap(([field, value]) =>
    missing(value, (now as Record<string, unknown>)[field], `${path}.${field}`),
  )
}

/** What a delivery has or lacks for what befell it, not for the version. */
const OF_STATE: ReadonlySet<string> = new Set(['dueAt', 'metadata', 'responseExcerpt'])

describe('a client of this version on a relay of 591c4aa', () => {
  it('asks what that relay knows, and understands its answers', async () => {
    const { url, asked, name, verdicts } = await startRecorded()
    const clients = await clientsOf(resolve(import.meta.dirname, '../..'), url, newFolder())
    onTestFinished(() => void clients.close())
    for (const [called, call] of callsOf(clients, idOf)) {
      name.now = called
      verdicts.set(called, await call())
    }
    for (const [index, { answer: _, ...request }] of EXCHANGES.entries()) {
      expect(asked[index]).toEqual(request)
    }
    expect(asked).toHaveLength(EXCHANGES.length)
    expect(Object.fromEntries(SHIPPER.map(([call]) => [call, verdicts.get(call)]))).toMatchObject(
      Object.fromEntries(SHIPPER),
    )
    for (const [call, schema] of ANSWERS) {
      expect(() => read(schema, verdicts.get(call) as Answer)).not.toThrow()
    }
    for (const { name: call, answer } of EXCHANGES.filter(
      ({ answer: { status }, name: it }) => status >= 300 && !it.startsWith('the shipper'),
    )) {
      const { status, body } = answer
      expect(refusalText(verdicts.get(call) as Answer)).toContain(
        `the relay answered ${status}: ${JSON.parse(body).detail}`,
      )
    }
  })
})

/** A relay that has no codes is judged by its status: nothing is lost, and the set is put again. */
const SHIPPER = [
  ['the shipper puts a set', { kind: 'accepted' }],
  ['the shipper puts an older set', { kind: 'retry', reason: '409' }],
  ['the shipper puts the set of the folder', { kind: 'retry', reason: '409' }],
  ['the shipper posts events', { kind: 'done', rejected: [{ index: 1 }] }],
  ['the shipper posts what is no event', { kind: 'done', rejected: [{ index: 0 }, { index: 1 }] }],
] as const

const ANSWERS: readonly (readonly [string, ZodType])[] = [
  ['apply puts a set that is there', AppliedConfig],
  ['get shows a set', StoredConfig],
  ['send posts an event', ReceivedEvents],
  ['secret put stores a Secret', StoredSecret],
  ['get lists deliveries', DeliveriesPage],
  ['describe shows a delivery', Delivery],
  ['replay sends a delivery again', Delivery],
]

/** Answers each call as it was recorded. */
async function startRecorded() {
  const name = { now: '' }
  const asked: Omit<Exchange, 'answer'>[] = []
  const verdicts = new Map<string, unknown>()
  const { port } = await startHttpServer(async (incoming, response) => {
    const { answer } = exchange(name.now)
    asked.push({ name: name.now, ...(await received(incoming)) })
    response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body)
  })
  return { url: `http://127.0.0.1:${port}`, name, asked, verdicts }
}

describe('a problem code that no client knows', () => {
  const body = (status: number) =>
    JSON.stringify({ type: 'quota-exceeded', status, detail: 'the quota of prod is used up' })
  const answer = (status: number): HttpResponse => ({
    ...{ kind: 'response', status, headers: {}, truncated: false, receivedAt: 0 },
    body: body(status),
  })
  const api = (status: number) => {
    const given = async (): Promise<Answer> => ({ status, body: body(status) })
    const names = ['putConfig', 'showConfig', 'postEvents', 'putSecret', 'listDeliveries']
    const more = ['showDelivery', 'replayDelivery']
    const requests = Object.fromEntries([...names, ...more].map((it) => [it, given]))
    return createRelayClient(requests as unknown as RelayRequests)
  }

  it.each([400, 403, 409, 429, 500, 503])(
    'is shown with its text by the commands: %i',
    async (status) => {
      const said = `the relay answered ${status}: the quota of prod is used up`
      const set = { takenAt: '', alerts: [], providers: [] }
      await expect(api(status).applyConfig('prod', set)).rejects.toThrow(said)
      await expect(api(status).sendEvents('prod', { body: Buffer.of() })).rejects.toThrow(said)
      await expect(api(status).delivery('id')).rejects.toThrow(said)
    },
  )

  it('is nothing that is not there by its status 404, and no replay by 409', async () => {
    expect(await api(404).config('prod')).toBeUndefined()
    expect(await api(404).delivery('id')).toBeUndefined()
    expect(await api(409).replay('id')).toBe('the relay answered 409: the quota of prod is used up')
  })

  it.each([
    [400, { kind: 'retry', reason: '400', suspicion: 'strong' }],
    [409, { kind: 'retry', reason: '409', suspicion: 'strong' }],
    [413, { kind: 'too-large' }],
    [429, { kind: 'retry', reason: '429' }],
    [503, { kind: 'retry', reason: '503', suspicion: 'weak' }],
  ])('makes the shipper wait by its status: %i', (status, verdict) => {
    expect(batchResultOf(answer(status), 1)).toMatchObject(verdict)
  })

  it.each([409, 422, 503])('leaves a set to be put again, with the text: %i', async (status) => {
    const tokenFile = join(newFolder(), 'token')
    writeFileSync(tokenFile, 'token')
    const http = { send: async () => answer(status) }
    const relay = { url: 'http://relay/', tokenFile, transport: { timeoutMs: 1 } }
    expect(await putSet(http, relay, { alerts: [], providers: [] }, 0)).toMatchObject({
      kind: 'retry',
      detail: `HTTP ${status}: the quota of prod is used up`,
    })
  })
})
