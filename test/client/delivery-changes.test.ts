import { describe, expect, it } from 'vitest'
import { type DeliveryChanges, followDeliveries } from '../../client/delivery-changes.ts'
import { createHttpRelay } from '../../client/http-relay.ts'
import { deliveryRecord } from '../support/delivery-records.ts'
import { bearer, OPERATOR, startRelay, TOKENS } from '../support/embedded-server.ts'
import { waitFor } from '../support/wait-for.ts'

const record = (id: string) => deliveryRecord({ id })

/** What is told of, in its order: the ids of deliveries, `missed`, or why nothing more comes. */
async function follow(url: string, token?: string) {
  return tellAll(await followDeliveries(createHttpRelay(url, token), {}, [0, 20, 20]))
}

function tellAll(changes: DeliveryChanges | undefined): readonly string[] {
  const told: string[] = []
  const read = async () => {
    for await (const change of changes ?? []) {
      told.push(...(change === 'missed' ? [change] : change.map(({ id }) => id)))
    }
  }
  void read().catch((error: Error) => told.push(error.message))
  return told
}

const urlOf = ({ server }: { server: { readonly port: number } }) =>
  `http://127.0.0.1:${server.port}`

describe('whoever follows deliveries', () => {
  it('is told of changes, over connections that the relay ends', async () => {
    const relay = await startRelay({ tokens: TOKENS })
    const told = await follow(urlOf(relay), OPERATOR)
    relay.ports.ledger.put(record('a'))
    await waitFor(() => expect(told).toEqual(['a']))
    relay.feed.endAll('tokens-changed')
    relay.ports.ledger.put(record('b'))
    await waitFor(() => expect(told).toEqual(['a', 'b']))
    relay.ports.ledger.put(record('c'))
    await waitFor(() => expect(told).toEqual(['a', 'b', 'c']))
  })

  it('is told of no delivery that left, and of those after it', async () => {
    const relay = await startRelay()
    relay.ports.ledger.put(deliveryRecord({ id: 'a', outcome: 'dead' }))
    const requests = createHttpRelay(urlOf(relay), undefined)
    const told = tellAll(await followDeliveries(requests, { outcome: 'dead' }))
    relay.ports.ledger.put(deliveryRecord({ id: 'a', replayedAt: [1] }))
    relay.ports.ledger.put(deliveryRecord({ id: 'b', outcome: 'dead' }))
    await waitFor(() => expect(told).toEqual(['b']))
  })

  it('is told that some may be missing, when nothing had come yet', async () => {
    const relay = await startRelay()
    const requests = createHttpRelay(urlOf(relay), undefined)
    let opened = 0
    const changes = await followDeliveries(
      {
        async openDeliveries(...asked) {
          opened += 1
          if (opened > 1) return requests.openDeliveries(...asked)
          const broken = async function* (): AsyncIterable<string> {
            yield 'id: 1'
            throw new Error('the connection broke')
          }
          return { texts: broken(), close: () => undefined }
        },
      },
      {},
      [0],
    )
    const told = changes?.[Symbol.asyncIterator]()
    expect(await told?.next()).toEqual({ done: false, value: 'missed' })
    await told?.return?.()
  })

  it('is told at last that the relay is gone', async () => {
    const relay = await startRelay()
    const told = await follow(urlOf(relay))
    await relay.server.close(0)
    await waitFor(() => expect(told).toEqual([expect.stringContaining('cannot reach the relay')]))
  })

  it('is refused without a token, at the start and later', async () => {
    const relay = await startRelay({ tokens: TOKENS })
    await expect(follow(urlOf(relay))).rejects.toThrow('the relay answered 401')
    const told = await follow(urlOf(relay), OPERATOR)
    Object.assign(relay.deps, { tokens: { ...TOKENS, operators: [] } })
    relay.feed.endAll('tokens-changed')
    await waitFor(() => expect(told).toEqual([expect.stringContaining('answered 401')]))
    expect((await relay.call('GET', '/v1/deliveries', { headers: bearer(OPERATOR) })).status).toBe(
      401,
    )
  })

  it('waits for a relay that another server answers for meanwhile', async () => {
    const relay = await startRelay()
    const requests = createHttpRelay(urlOf(relay), undefined)
    const answers = [502, 404, 429].map((status) => ({ status, body: '<h1>no relay</h1>' }))
    const changes = await followDeliveries(
      {
        async openDeliveries(parameters, seen) {
          const answer = seen === undefined ? undefined : answers.shift()
          return answer ? { refusal: answer } : requests.openDeliveries(parameters, seen)
        },
      },
      {},
      [0, 0, 0, 0],
    )
    const told = tellAll(changes)
    relay.ports.ledger.put(record('a'))
    await waitFor(() => expect(told).toEqual(['a']))
    relay.feed.endAll('tokens-changed')
    relay.ports.ledger.put(record('b'))
    await waitFor(() => expect(told).toEqual(['a', 'b']))
    expect(answers).toEqual([])
  })

  it('has none where the relay has no stream, or no place for one', async () => {
    const relay = await startRelay()
    relay.feed.endAll('stopping')
    const requests = createHttpRelay(urlOf(relay), undefined)
    expect(await followDeliveries(requests, {})).toBeUndefined()
    const earlier = { openDeliveries: async () => ({ refusal: { status: 404, body: '' } }) }
    expect(await followDeliveries(earlier, {})).toBeUndefined()
  })
})
