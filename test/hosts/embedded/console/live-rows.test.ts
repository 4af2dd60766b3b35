import { expect, it } from 'vitest'
import { startConsole } from '../../../support/console.ts'
import { deliveryRecord, type RecordChanges } from '../../../support/delivery-records.ts'
import { openEvents } from '../../../support/event-source.ts'

/** A list with one dead delivery, and where its page follows what comes. */
async function openedList() {
  const started = await startConsole()
  const { ports, feed, server, get } = started
  const put = (id: string, changes: RecordChanges = {}) => {
    const record = deliveryRecord({ id, outcome: 'dead', ...changes })
    ports.ledger.put(record)
    feed.changed(record, true)
  }
  put('listed')
  const { text } = await get('/console/deliveries?outcome=dead')
  const path = /hx-sse:connect="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? ''
  const follow = async (at = path, headers = {}) => {
    const source = await openEvents(server.port, at, headers)
    return {
      source,
      rows: () => [...source.text().matchAll(/<tr id="d-(\w+)">/g)].map(([, id]) => id),
    }
  }
  return { ...started, put, path, follow }
}

it('begins with what came after the list, by its filters', async () => {
  const { put, follow } = await openedList()
  put('early')
  put('delivered', { outcome: 'delivered' })
  const { rows } = await follow()
  expect(rows()).toEqual(['early'])
})

it('goes on from where a browser was rather than from the list', async () => {
  const { put, follow } = await openedList()
  put('early')
  const { source } = await follow()
  const seen = source.events().findLast(({ id }) => id !== undefined)?.id ?? ''
  source.request.destroy()
  put('later')
  const { rows } = await follow(undefined, { 'Last-Event-ID': seen })
  expect(rows()).toEqual(['later'])
})

it('begins with what comes where too much came after the list', async () => {
  const { put, path, follow } = await openedList()
  for (let count = 0; count < 2_100; count += 1) put('again')
  const { source, rows } = await follow(path)
  expect([source.text().includes('event: missed'), rows()]).toEqual([false, []])
})

it('needs no position of a list of earlier deliveries, which follows nothing', async () => {
  const { get } = await openedList()
  const list = (await get('/console/deliveries?outcome=dead&cursor=')).text
  expect(list).not.toContain('hx-sse:connect')
})
