import { expect, it } from 'vitest'
import { startConsole } from '../../../support/console.ts'
import { deliveryRecord, type RecordChanges } from '../../../support/delivery-records.ts'
import { openEvents } from '../../../support/event-source.ts'
import { waitFor } from '../../../support/wait-for.ts'

/** A list with one dead delivery, and where its page follows what comes. */
async function openedList() {
  const started = await startConsole()
  const { ports, feed, server, get } = started
  const put = (id: string, changes: RecordChanges = {}) => {
    const record = deliveryRecord({ id, outcome: 'dead', ...changes })
    ports.ledger.put(record)
    feed.changed(record, id !== 'listed')
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

it('says of a row that does not fit any more what became of it', async () => {
  const { put, path, follow } = await openedList()
  const { source, rows } = await follow(path)
  put('listed', {
    outcome: 'delivered',
    reason: 'slack <b>answered</b>',
    replayedAt: [1],
    tries: 4,
  })
  await waitFor(() => expect(source.text()).toContain('event: left\n'))
  const left = source.events().find(({ event }) => event === 'left')
  expect(left?.id).toEqual(expect.any(String))
  expect(left?.data).toBe(
    '<tr id="d-listed"><td class="became"><span class="outcome is-delivered"><span aria-hidden="true">✓</span> delivered</span></td><td class="why">slack &lt;b&gt;answered&lt;/b&gt; <small>does not fit the filters any more</small></td><td class="number">4</td></tr>',
  )
  // A browser that was away, or whose list is from before, is told too.
  const again = await follow(path)
  expect([again.source.text().includes('event: left\n'), again.rows()]).toEqual([true, ['listed']])
  expect(rows()).toEqual(['listed'])
})
