import { expect, it } from 'vitest'
import { deliveryRecord, type RecordChanges } from '../../support/delivery-records.ts'
import { startRelay } from '../../support/embedded-server.ts'
import { type EventSource, openEvents } from '../../support/event-source.ts'
import { waitFor } from '../../support/wait-for.ts'

const PATH = '/v1/deliveries/stream'

async function relayWith(...dead: readonly string[]) {
  const relay = await startRelay()
  const { ledger } = relay.ports
  const put = (id: string, changes: RecordChanges = {}) =>
    ledger.put(deliveryRecord({ id, ...changes }))
  for (const id of dead) put(id, { outcome: 'dead' })
  const open = (query: string, headers = {}) =>
    openEvents(relay.server.port, `${PATH}?${query}`, headers)
  return { ...relay, put, open }
}

const told = (source: EventSource) =>
  source.events().flatMap(({ event, data = '' }) => {
    if (event === undefined) return []
    const { id, outcome } = JSON.parse(data)
    return [`${event} ${id} ${outcome}`]
  })

it('a stream by filters says which deliveries left, and what became of them', async () => {
  const { call, put, open } = await relayWith('a', 'b')
  const dead = await open('outcome=dead')
  const waiting = await open('outcome=retry')
  await call('POST', '/v1/deliveries/a/replay')
  await call('POST', '/v1/deliveries/b/dismiss', { body: '{}' })
  await waitFor(() => expect(told(dead)).toEqual(['left a retry', 'left b dismissed']))
  const [, , left] = dead.events()
  expect(JSON.parse(left?.data ?? '')).toEqual({
    ...{ id: 'b', outcome: 'dismissed', reason: expect.any(String), tries: 1 },
  })
  put('a', { replayedAt: [1] })
  await waitFor(() => expect(told(waiting)).toContain('left a delivered'))
  expect(told(waiting)[0]).toBe('delivery a retry')
})

it('a stream says nothing of what never fitted, and one without filters nothing of leaving', async () => {
  const { put, open } = await relayWith()
  const [dead, all] = [await open('outcome=dead&cluster=local'), await open('')]
  const waiting = await open('outcome=retry')
  put('new')
  put('waits', { outcome: 'retry' })
  put('waits')
  put('elsewhere', { cluster: 'prod', outcome: 'dead' })
  put('elsewhere', { cluster: 'prod', replayedAt: [1] })
  put('last', { outcome: 'dead' })
  await waitFor(() => expect(all.deliveries()).toHaveLength(6))
  await waitFor(() => expect(told(dead)).toEqual(['delivery last dead']))
  // Of a new one nobody had anything.
  await waitFor(() =>
    expect(told(waiting)).toEqual([
      'delivery waits retry',
      'left waits delivered',
      'left elsewhere delivered',
    ]),
  )
})

it('a reader that comes back is told what left while it was away, and from where it goes on', async () => {
  const { call, put, open, feed } = await relayWith('a', 'b')
  const first = await open('outcome=dead')
  const begun = first.events()[0]?.id ?? ''
  await call('POST', '/v1/deliveries/a/replay')
  await waitFor(() => expect(told(first)).toEqual(['left a retry']))
  const seen = first.events().at(-1)?.id ?? ''
  expect(feed.changedSince(seen)).toEqual([])
  first.request.destroy()
  put('a', { replayedAt: [1] })
  put('new')
  put('b', { outcome: 'dead', reason: 'still' })
  const again = await open('outcome=dead', { 'Last-Event-ID': seen })
  await waitFor(() => expect(told(again)).toEqual(['left a delivered', 'delivery b dead']))
  const other = await open('outcome=dead&id=b', { 'Last-Event-ID': begun })
  expect(told(other)).toEqual(['delivery b dead'])
})
