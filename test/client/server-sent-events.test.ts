import { expect, it } from 'vitest'
import { readEvents, type ServerSentEvent } from '../../client/server-sent-events.ts'

async function eventsOf(...texts: readonly string[]): Promise<readonly ServerSentEvent[]> {
  const parts = async function* () {
    yield* texts
  }
  const read: ServerSentEvent[] = []
  for await (const events of readEvents(parts())) read.push(...events)
  return read
}

it('reads fields, of which any may be missing', async () => {
  expect(await eventsOf('id: 1\nevent: delivery\ndata: {"a": "b: c"}\n\nretry: 2000\n\n')).toEqual([
    { id: '1', event: 'delivery', data: '{"a": "b: c"}' },
    { data: '' },
  ])
})

it.each(['\n', '\r\n'])('reads lines that end with %j, however the text is cut', async (end) => {
  const text = ['id: 1', 'data: first', 'data:second', '', ':', '', 'data: \u2028', '', ''].join(
    end,
  )
  const expected = [{ id: '1', data: 'first\nsecond' }, { data: '' }, { data: '\u2028' }]
  expect(await eventsOf(text)).toEqual(expected)
  expect(await eventsOf(...text)).toEqual(expected)
})

it('reads a field without a colon as one without a value', async () => {
  expect(await eventsOf('event\ndata\ndata:  x\n\n')).toEqual([{ event: '', data: '\n x' }])
})

it('leaves out an event that was cut off', async () => {
  expect(await eventsOf('data: 1\n\ndata: 2\n')).toEqual([{ data: '1' }])
})

it('takes no event without end', async () => {
  const endless = Array.from({ length: 5 }, () => 'x'.repeat(1024 * 1024))
  await expect(eventsOf('data: 1\n\ndata: ', ...endless)).rejects.toThrow('too long')
})
