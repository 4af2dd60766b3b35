import { connect } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ListedRecord } from '../../../relay/model/delivery.ts'
import type { DeliveryFeed } from '../../../relay/ports/delivery-feed.ts'
import { deliveryRecord, event } from '../../support/delivery-records.ts'
import {
  bearer,
  expectProblem,
  PROD,
  startRelay,
  TOKENS,
  VIEWER,
} from '../../support/embedded-server.ts'
import { openEvents } from '../../support/event-source.ts'
import { START } from '../../support/manual-clock.ts'
import { waitFor } from '../../support/wait-for.ts'

const PATH = '/v1/deliveries/stream'
/** How many more may read a feed. */
function freePlaces(feed: DeliveryFeed): number {
  const audience = { wants: () => false, changed: () => undefined }
  const none = { audience, ended: () => undefined }
  const readers = Array.from({ length: 32 }, () => feed.subscribe({ ...none }))
  for (const reader of readers) reader?.end()
  return readers.filter((reader) => reader !== undefined).length
}

const UNREADABLE: ListedRecord = {
  kind: 'unreadable',
  ...{ id: 'a', cluster: 'local', outcome: 'dead', acceptedAt: START },
  ...{ object: 'Kustomization/apps/shop', alert: 'apps/team' },
  reason: 'this record cannot be read: it is not JSON',
}

const record = (id: string, changes = {}) => deliveryRecord({ id, ...changes })

describe('the stream of deliveries', () => {
  it('tells of each delivery that is stored, as a list shows it', async () => {
    const { server, ports, call } = await startRelay()
    const source = await openEvents(server.port, PATH)
    expect(source.response.statusCode).toBe(200)
    expect(source.response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    ports.ledger.put(record('a', { outcome: 'retry' }))
    await ports.ledger.writeMany([{ record: record('a'), expected: 1 }])
    await waitFor(() => expect(source.deliveries()).toEqual(['a', 'a']))
    const [, first, second] = source.events()
    expect(JSON.parse(first?.data ?? '')).toMatchObject({ outcome: 'retry' })
    const { json } = await call('GET', '/v1/deliveries/a')
    expect(JSON.parse(second?.data ?? '')).toEqual(json)
  })

  it('has a text of several lines in one event', async () => {
    const { server, ports } = await startRelay()
    const source = await openEvents(server.port, PATH)
    const message = 'first\nsecond\r\n\r\nid: x\n\nevent: end\u2028'
    ports.ledger.put(record('a', { event: event('podinfo', message) }))
    await waitFor(() => expect(source.deliveries()).toEqual(['a']))
    const data = JSON.parse(source.events()[1]?.data ?? '')
    expect(data.event.message).toBe(message)
  })

  it.each([
    ['outcome=dead,retry', ['dead', 'retry']],
    ['text=ANSWERED', ['done']],
    ['alert=flux-system/other', []],
    ['since=1h&until=2030-01-01', ['done', 'dead', 'retry']],
    ['cluster=prod', []],
    ['id=de', ['dead']],
  ])('tells of what fits %s', async (query, expected) => {
    const { server, ports } = await startRelay()
    const source = await openEvents(server.port, `${PATH}?${query}`)
    const all = await openEvents(server.port, PATH)
    ports.ledger.put(
      record('done'),
      record('dead', { outcome: 'dead', reason: 'gone' }),
      record('retry', { outcome: 'retry', reason: 'later' }),
    )
    await waitFor(() => expect(all.deliveries()).toHaveLength(3))
    await waitFor(() => expect(source.deliveries()).toEqual(expected))
  })

  it('tells of no test of a Provider to who asks for an event, as a list does', async () => {
    const { server, ports } = await startRelay()
    const made = { ...record('made'), test: {} }
    const source = await openEvents(server.port, `${PATH}?event=${made.eventId}`)
    const all = await openEvents(server.port, PATH)
    ports.ledger.put(made, { ...record('real'), eventId: made.eventId })
    await waitFor(() => expect(all.deliveries()).toEqual(['made', 'real']))
    await waitFor(() => expect(source.deliveries()).toEqual(['real']))
  })

  it.each([
    ['limit=10', 'limit: is of a list'],
    ['cursor=1.a', 'cursor: is of a list'],
    ['outcome=lost', 'outcome: expected one of'],
    ['colour=red', 'colour: is not a parameter'],
  ])('refuses %s', async (query, detail) => {
    const { call } = await startRelay()
    expectProblem(await call('GET', `${PATH}?${query}`), 400, detail)
  })

  it('is for viewers, and for no cluster', async () => {
    const { server, call } = await startRelay({ tokens: TOKENS })
    const source = await openEvents(server.port, PATH, bearer(VIEWER))
    expect(source.response.statusCode).toBe(200)
    for (const headers of [{}, bearer(PROD), bearer('wrong')]) {
      expectProblem(await call('GET', PATH, { headers }), 401, '')
    }
  })

  it('says now and then that it is still there, and from where to go on', async () => {
    const { server, ports, feed } = await startRelay({ streamLimits: { heartbeatMs: 20 } })
    const source = await openEvents(server.port, `${PATH}?outcome=dead`)
    ports.ledger.put(record('a'))
    const positions = () => [...source.text().matchAll(/^:\nid: (\S+)\n\n/gm)].map(([, id]) => id)
    await waitFor(() => expect(feed.changedSince(positions().at(-1) ?? '')).toEqual([]))
    expect(feed.changedSince(source.events()[0]?.id ?? '')).toEqual(['a'])
  })

  it('leaves no reader behind', async () => {
    const { server, call, feed } = await startRelay()
    const source = await openEvents(server.port, PATH)
    expect(freePlaces(feed)).toBe(31)
    source.request.destroy()
    await waitFor(() => expect(freePlaces(feed)).toBe(32))
    expect(await call('HEAD', PATH)).toMatchObject({ status: 200, text: '' })
    await waitFor(() => expect(freePlaces(feed)).toBe(32))
  })

  it('is refused when as many are open as may be', async () => {
    const { server, call } = await startRelay()
    for (let count = 0; count < 32; count += 1) await openEvents(server.port, PATH)
    const reply = await call('GET', PATH)
    expectProblem(reply, 503, 'as many streams are open as may be')
    expect(reply.headers['retry-after']).toBe('10')
  })

  it.each(['stopping', 'tokens-changed'] as const)('ends with the reason %s', async (reason) => {
    const { server, feed } = await startRelay()
    const source = await openEvents(server.port, PATH)
    feed.endAll(reason)
    await source.ended
    const { event: name, data } = source.events().at(-1) ?? {}
    expect([name, JSON.parse(data ?? '').reason]).toEqual(['end', reason])
  })

  it('drops a reader that does not read, and says so', async () => {
    const { server, ports, feed } = await startRelay()
    const socket = connect(server.port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.pause()
    socket.write(`GET ${PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    const other = await openEvents(server.port, PATH)
    await waitFor(() => expect(freePlaces(feed)).toBe(30))
    const large = event('podinfo', 'x'.repeat(39_000))
    let count = 0
    while (freePlaces(feed) === 30) {
      count += 1
      ports.ledger.put(record(`large-${count}`, { event: large }))
      await new Promise(setImmediate)
    }
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-2_000)
    })
    socket.resume()
    await waitFor(() => expect(text).toContain('event: end\ndata: {"reason":"slow"'))
    // Who reads gets all of it.
    await waitFor(() => expect(other.deliveries()).toHaveLength(count))
  })
})

describe('a reader that comes back', () => {
  it('is told what changed while it was away, as it stands', async () => {
    const { server, ports } = await startRelay()
    const first = await openEvents(server.port, `${PATH}?cluster=local`)
    ports.ledger.put(record('a'))
    await waitFor(() => expect(first.deliveries()).toEqual(['a']))
    const seen = first.events().at(-1)?.id ?? ''
    first.request.destroy()
    ports.ledger.put(record('b', { outcome: 'retry' }), record('c', { cluster: 'prod' }))
    ports.ledger.put(record('b'))
    const again = await openEvents(server.port, `${PATH}?cluster=local`, { 'Last-Event-ID': seen })
    await waitFor(() => expect(again.events()).toHaveLength(2))
    const [delivery, opening] = again.events()
    expect(JSON.parse(delivery?.data ?? '')).toMatchObject({ id: 'b', outcome: 'delivered' })
    // One that goes away before the end of these is told of them once more.
    expect([delivery?.id, opening?.id]).toEqual([undefined, expect.any(String)])
    ports.ledger.put(record('d', { acceptedAt: START + 1 }))
    await waitFor(() => expect(again.deliveries()).toEqual(['b', 'd']))
  })

  it('is told of what cannot be read any more as a list shows it, if that fits', async () => {
    const { server, ports, call } = await startRelay()
    const first = await openEvents(server.port, PATH)
    const seen = first.events()[0]?.id ?? ''
    ports.ledger.put(record('a'), record('b'))
    const { show } = ports.ledger
    ports.ledger.show = async (id) => (id === 'a' ? UNREADABLE : show.call(ports.ledger, id))
    const { json } = await call('GET', '/v1/deliveries/a')
    const cases = [
      ['', ['a', 'b']],
      ['?outcome=dead&alert=apps/team&object=Kustomization/apps/shop&id=a', ['a']],
      ['?outcome=delivered', ['b']],
      ...['alert=apps/other', 'object=Kustomization/apps/x', 'id=x', 'event=a', 'provider=a/b'].map(
        (query) => [`?cluster=local&${query}`, []] as const,
      ),
    ] as const
    for (const [query, expected] of cases) {
      const path = `${PATH}${query}`
      const again = await openEvents(server.port, path, { 'Last-Event-ID': seen })
      expect(again.deliveries(), query).toEqual(expected)
      if (query === '') expect(JSON.parse(again.events()[0]?.data ?? '')).toEqual(json)
    }
  })

  it.each(['ffffffff-1', 'nonsense', ''])(
    'is told that it may have missed some: %j',
    async (id) => {
      const { server } = await startRelay()
      const source = await openEvents(server.port, PATH, { 'Last-Event-ID': id })
      expect(source.events()[0]).toMatchObject({ event: 'missed' })
    },
  )

  it('is not told of more than a stream may hold', async () => {
    const { server, ports } = await startRelay()
    const first = await openEvents(server.port, PATH)
    const { id = '' } = first.events()[0] ?? {}
    const large = event('podinfo', 'x'.repeat(39_000))
    for (let count = 0; count < 300; count += 1) {
      ports.ledger.put(record(`large-${count}`, { event: large }))
    }
    const shown = vi.spyOn(ports.ledger, 'show')
    const again = await openEvents(server.port, PATH, { 'Last-Event-ID': id })
    expect(again.events()[0]).toMatchObject({ event: 'missed' })
    // Four megabytes have about a hundred of them; not many more are read.
    expect(shown.mock.calls.length).toBeLessThan(130)
    expect(shown.mock.calls.length).toBeGreaterThan(90)
  })

  it('gets an error, and no place, while the ledger cannot be read', async () => {
    const { server, ports, call } = await startRelay()
    const first = await openEvents(server.port, PATH)
    const { id = '' } = first.events()[0] ?? {}
    ports.ledger.put(record('a'))
    ports.ledger.failure = new Error('a store that fails')
    for (let count = 0; count < 40; count += 1) {
      const reply = await call('GET', PATH, { headers: { 'Last-Event-ID': id } })
      expect(reply.status).toBe(500)
    }
  })
})
