import { describe, expect, it } from 'vitest'
import { followedRows } from '../../cli/console/followed-rows.ts'
import type { OpenedStream } from '../../client/delivery-changes.ts'
import { UsageError } from '../../client/usage-error.ts'
import { problemAnswer } from '../../relay/api/answer.ts'
import { deliveryView } from '../../relay/api/delivery-view.ts'
import type { EdgeRequest } from '../../relay/api/http.ts'
import { problem } from '../../relay/api/problem.ts'
import { deliveryRecord } from '../support/delivery-records.ts'
import { ManualClock } from '../support/manual-clock.ts'

const CLOCK = new ManualClock()

/** What a browser asks for, that was at an event before. */
const REQUEST: EdgeRequest = {
  ...{ method: 'GET', origin: 'http://localhost', path: '/console/deliveries/live' },
  ...{ query: 'outcome=dead', remoteAddress: undefined, headers: { 'last-event-id': '7' } },
  readBody: () => Promise.reject(new Error('a browser that follows sends no body')),
}

/** The answer of the console, where a relay elsewhere answers so, and what that was asked. */
async function followed(answer: () => Promise<OpenedStream>, request = REQUEST) {
  const asked: unknown[] = []
  const live = followedRows(
    {
      openDeliveries(parameters, lastEventId) {
        asked.push([parameters.toString(), lastEventId])
        return answer()
      },
    },
    CLOCK,
    'prod',
  )
  return { asked, answered: await live(request, true) }
}

async function* texts() {
  yield `id: 8\nevent: delivery\ndata: ${JSON.stringify(deliveryView(deliveryRecord({ id: 'abc' })))}\n\n`
  yield 'event: missed\ndata:\n\nid: 9\nevent: other\ndata: x\n\n'
  yield 'event: delivery\ndata: no JSON\n\n'
}

describe('the rows of a relay elsewhere', () => {
  it('are made of its deliveries, for the filters and from the event where the browser was', async () => {
    const { asked, answered } = await followed(async () => ({
      texts: texts(),
      close: () => undefined,
    }))
    expect(asked).toEqual([['outcome=dead&cluster=prod', '7']])
    expect(answered.contentType).toBe('text/event-stream')
    const text = await new Response(answered.stream).text()
    expect(text).toMatch(/^id: 8\nevent: row\ndata: <tr[\s\S]*abc/)
    expect(text).toContain('event: missed\n')
    // What the browser cannot show keeps its place, and the connection in use.
    expect(text).toMatch(/id: 9\n\n:\n\n$/)
  })

  it('say of one that left what became of it', async () => {
    async function* left() {
      const data = { id: 'abc', outcome: 'delivered', reason: 'slack answered 200', tries: 2 }
      yield `id: 8\nevent: left\ndata: ${JSON.stringify(data)}\n\nevent: left\ndata: no JSON\n\n`
    }
    const opened = async () => ({ texts: left(), close: () => undefined })
    const { answered } = await followed(opened)
    const text = await new Response(answered.stream).text()
    expect(text).toMatch(
      /^id: 8\nevent: left\ndata: <tr id="d-abc">.*✓.*slack answered 200.*\n\n:\n\n$/,
    )
  })

  it('begin at the position of the list, also where that is not known any more', async () => {
    async function* missed() {
      yield 'event: missed\ndata:\n\n'
      yield* texts()
    }
    const request = { ...REQUEST, query: 'outcome=dead&after=5-1', headers: {} }
    const opened = async () => ({ texts: missed(), close: () => undefined })
    const { asked, answered } = await followed(opened, request)
    expect(asked).toEqual([['outcome=dead&cluster=prod', '5-1']])
    const text = await new Response(answered.stream).text()
    expect(text).toMatch(/^id: 8\nevent: row\n/)
    // What is missed later has the browser load its list anew.
    expect(text.match(/event: missed/g)).toHaveLength(1)
  })

  it('let go of the relay when the browser is gone before it has read any', async () => {
    let closed = 0
    const close = () => {
      closed += 1
    }
    const { answered } = await followed(async () => ({ texts: texts(), close }))
    await answered.stream?.cancel()
    expect(closed).toBe(1)
  })

  it('give way to the refusal of the relay, and to a relay that cannot be reached', async () => {
    const refusal = problemAnswer(problem('unauthorized', 'no token'))
    expect((await followed(async () => ({ refusal }))).answered).toBe(refusal)
    const lost = await followed(() => Promise.reject(new UsageError('it does not answer', 1)))
    expect(lost.answered).toMatchObject({ status: 502 })
    await expect(followed(() => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug')
  })
})
