import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { polledRows } from '../../cli/console/polled-rows.ts'
import { BEAT_MS } from '../../cli/relay/tail-look.ts'
import type { TailPosition } from '../../cli/relay/tail-state.ts'
import { listDeliveries } from '../../relay/api/deliveries.ts'
import type { EdgeRequest } from '../../relay/api/http.ts'
import type { Outcome } from '../../relay/model/outcomes.ts'
import { deliveryRecord, type RecordChanges } from '../support/delivery-records.ts'
import { START } from '../support/manual-clock.ts'
import { memoryPorts } from '../support/memory-ports.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** The rows of clusters whose ledgers are in memory, and the clusters that were asked for. */
function openRows() {
  const ports = memoryPorts()
  const { ledger, clock } = ports
  const asked: string[] = []
  const tailOf = (cluster: string) => ({
    async positions(filter: { since?: number; outcome?: Outcome }, limit: number) {
      asked.push(cluster)
      const { records } = await ledger.list({ ...filter, cluster }, limit)
      return records satisfies readonly TailPosition[]
    },
    read: async (ids: readonly string[]) => (await ledger.readMany(ids)).map(({ value }) => value),
  })
  const relay = { tailOf, listDeliveries: (query: URLSearchParams) => listDeliveries(ports, query) }
  const rows = polledRows(relay, clock, 'prod')
  const live = async (query = '', headers: EdgeRequest['headers'] = {}) => {
    const path = '/console/deliveries/live'
    const request = { method: 'GET', origin: 'http://localhost', path, query, headers }
    const answer = await rows.live(
      {
        ...request,
        remoteAddress: undefined,
        readBody: () => Promise.reject(new Error('a browser that follows sends no body')),
      },
      false,
    )
    if (answer.stream === undefined) return { answer, read: async () => '', end: () => undefined }
    const reader = answer.stream.getReader()
    let text = ''
    const pump = async (): Promise<void> => {
      const { done, value } = await reader.read()
      if (done) return
      text += Buffer.from(value).toString()
      return pump()
    }
    void pump()
    const read = async (ms = BEAT_MS) => {
      clock.advance(ms)
      await vi.advanceTimersByTimeAsync(ms)
      return text
    }
    return { answer, read, end: () => reader.cancel() }
  }
  const put = (id: string, cluster = 'prod', changes: RecordChanges = {}) => {
    const times = { acceptedAt: clock.now(), updatedAt: clock.now() }
    ledger.put(deliveryRecord({ id, cluster, ...times, ...changes }))
  }
  return { ...rows, ledger, asked, live, put }
}

describe('the rows of a ledger that is asked on a beat', () => {
  it('are those of the cluster that the list is of', async () => {
    const { asked, listDeliveries: list, live, put } = openRows()
    put('shown', 'other')
    await list(new URLSearchParams('cluster=other'))
    put('new', 'other')
    put('elsewhere')
    const { answer, read, end } = await live('cluster=other')
    expect([answer.status, answer.contentType]).toEqual([200, 'text/event-stream'])
    const text = await read()
    expect([...text.matchAll(/<tr id="d-(\w+)">/g)].map(([, id]) => id)).toEqual(['new'])
    expect(new Set(asked)).toEqual(new Set(['other']))
    await end()
    const before = asked.length
    await vi.advanceTimersByTimeAsync(10 * BEAT_MS)
    expect(asked).toHaveLength(before)
  })

  it('are told to a page that comes to others, as far as its list may have been made before', async () => {
    const { live, put } = openRows()
    const first = await live()
    await first.read()
    put('a')
    await first.read()
    const second = await live()
    expect(await second.read()).toContain('<tr id="d-a">')
    await first.end()
    await second.end()
  })

  it('say what became of one that does not fit the filters any more', async () => {
    const { listDeliveries: list, live, put } = openRows()
    put('dead', 'prod', { outcome: 'dead', acceptedAt: START })
    await list(new URLSearchParams('cluster=prod&outcome=dead'))
    const { read, end } = await live('outcome=dead')
    await read()
    put('dead', 'prod', { acceptedAt: START, replayedAt: [START], reason: 'at last' })
    const text = await read(2 * BEAT_MS)
    expect(text).toMatch(/event: left\ndata: <tr id="d-dead">.*✓.*at last/)
    // Who comes now may have a list from before.
    const second = await live('outcome=dead')
    expect(await second.read()).toContain('event: left\ndata: <tr id="d-dead">')
    await end()
    await second.end()
  })

  it('go on from where a browser was', async () => {
    const { live, put } = openRows()
    const first = await live()
    await first.read()
    put('a')
    const text = await first.read()
    const [id = ''] = [...text.matchAll(/^id: (.+)$/gm)].map(([, it]) => it)
    await first.end()
    const second = await live('', { 'last-event-id': id })
    expect(await second.read()).toContain('<tr id="d-a">')
    await second.end()
  })

  it('say why the ledger cannot be asked, and that it can again', async () => {
    const { ledger, live, put } = openRows()
    const { read, end } = await live()
    await read()
    ledger.failure = new Error('AWS: ThrottlingException\nslow down')
    expect(await read()).toContain(
      'event: trouble\ndata: AWS: ThrottlingException\ndata: slow down\n\n',
    )
    ledger.failure = undefined
    put('a')
    const text = await read(3 * BEAT_MS)
    expect(text).toContain('event: trouble\ndata: \n\n')
    expect(text).toContain('<tr id="d-a">')
    await end()
  })

  it('are none by wrong filters', async () => {
    const { live, listDeliveries: list } = openRows()
    expect((await live('since=soon')).answer.status).toBe(400)
    expect((await list(new URLSearchParams('since=soon'))).status).toBe(400)
  })
})
