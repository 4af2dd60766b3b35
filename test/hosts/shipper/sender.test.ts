import { describe, expect, it } from 'vitest'
import { gate } from '../../support/recording-sink.ts'
import { answers, eventsOf, response, runSender, takesAll } from '../../support/sender-harness.ts'
import { bodies, fill, testSpool } from '../../support/spool.ts'
import { waitFor } from '../../support/wait-for.ts'

describe('batches', () => {
  it('are of a hundred events, in order, one in flight', async () => {
    const spool = await filled(250)
    let inFlight = 0
    let most = 0
    const run = runSender(spool, [
      async (messages, request) => {
        inFlight += 1
        most = Math.max(most, inFlight)
        await new Promise((resolve) => setImmediate(resolve))
        inFlight -= 1
        return takesAll(messages, request)
      },
    ])
    await run.emptied()
    expect(run.batches.map(({ length }) => length)).toEqual([100, 100, 50])
    expect(run.batches.flat()).toEqual(numbers(0, 250))
    expect([most, run.said]).toEqual([1, ['sent 100', 'sent 100', 'sent 50']])
  })

  it('are of at most 256 KiB of JSON, and gzipped with the token', async () => {
    const spool = await filled(10, 64 * 1024)
    const run = runSender(spool, [takesAll])
    await run.emptied()
    // Four do not fit with their commas and brackets.
    expect(run.batches.map(({ length }) => length)).toEqual([3, 3, 3, 1])
    const [first] = run.requests
    expect(first).toMatchObject({
      method: 'POST',
      url: 'https://relay.test/v1/clusters/prod/events',
      headers: {
        authorization: 'Bearer first-token',
        'content-encoding': 'gzip',
        'content-type': 'application/json',
      },
    })
    // How many more wait, so that the relay can say how far behind the cluster is.
    const told = run.requests.map(({ headers }) => headers['flux-relay-spooled'])
    expect(told).toEqual(['7', '4', '1', '0'])
    expect(Buffer.byteLength(first?.body ?? '')).toBeLessThan(64 * 1024)
  })

  it('go out as events come', async () => {
    const { spool } = testSpool()
    const run = runSender(spool, [takesAll])
    for (const text of bodies(3)) {
      await spool.add(text)
      await run.emptied()
    }
    expect(run.batches).toEqual([['0'], ['1'], ['2']])
  })

  it('are the events as they were spooled', async () => {
    const { spool } = testSpool()
    await fill(spool, ['{"message":"Grüße, \\"世界\\"","involvedObject":{"kind":"K"}}'])
    const run = runSender(spool, [takesAll])
    await run.emptied()
    expect(run.requests.flatMap(eventsOf)).toEqual([
      { message: 'Grüße, "世界"', involvedObject: { kind: 'K' } },
    ])
  })
})

describe('events that the relay refuses', () => {
  it('are set aside, and hold nothing up', async () => {
    const spool = await filled(3)
    const rejected = [{ index: 1, error: 'no kind' }]
    const run = runSender(spool, [answers(202, { accepted: 2, rejected }), takesAll])
    await run.emptied()
    expect(run.said).toEqual(['sent 2', 'refused 1: no kind'])
    expect([run.batches.length, spool.depth().refused]).toEqual([1, 1])
  })

  it('all of them are set aside too', async () => {
    const spool = await filled(2)
    const errors = [0, 1].map((index) => ({ index, error: `bad ${index}` }))
    const run = runSender(spool, [answers(400, { detail: 'none is valid', errors })])
    await run.emptied()
    expect(run.said).toEqual(['sent 0', 'refused 0: bad 0', 'refused 1: bad 1'])
    expect([run.waits, spool.depth().refused]).toEqual([[], 2])
  })

  it('as too large are sent in halves, and alone they are set aside', async () => {
    const spool = await filled(5)
    const tooLarge = '3'
    const run = runSender(spool, [
      (messages, request) =>
        messages.includes(tooLarge) ? response(413, {}) : takesAll(messages, request),
    ])
    await run.emptied()
    expect(run.batches).toEqual([
      ['0', '1', '2', '3', '4'],
      ['0', '1'],
      ['2', '3', '4'],
      ['2'],
      ['3', '4'],
      ['3'],
      ['4'],
    ])
    expect(run.said.filter((text) => text.startsWith('refused'))).toEqual([
      'refused 3: larger than the relay, or a proxy before it, takes',
    ])
    expect([run.waits, spool.depth().refused]).toEqual([[], 1])
  })
})

describe('a batch that is not taken', () => {
  const FAILURE = {
    kind: 'failure',
    cause: 'connect',
    mayHaveArrived: false,
    detail: 'no',
  } as const

  it.each([
    ['no connection', () => FAILURE, 'connect'],
    ['408', answers(408), '408'],
    ['429', answers(429), '429'],
    ['500', answers(500), '500'],
    ['503', answers(503), '503'],
    ['404, since the relay does not know the cluster yet', answers(404), '404'],
    ['403', answers(403, '<html>'), '403'],
    ['400 that names no event', answers(400, { detail: 'cluster: no' }), '400'],
    ['400 that names not every event', answers(400, { errors: [{ index: 0, error: 'x' }] }), '400'],
    ['200 of something else', answers(200, 'OK'), '200'],
    ['202 of something else', answers(202, 'OK'), '202'],
    ['202 that accounts for too few', answers(202, { accepted: 1, rejected: [] }), '202'],
    [
      '202 that refuses one twice',
      answers(202, { accepted: 0, rejected: [0, 0].map((index) => ({ index, error: 'x' })) }),
      '202',
    ],
    [
      '202 that refuses an event that was not sent',
      answers(202, { accepted: 1, rejected: [{ index: 7, error: 'x' }] }),
      '202',
    ],
    ['302', answers(302, '', { location: 'https://elsewhere.test' }), '302'],
  ])('is sent again as it was: %s', async (_, answer, reason) => {
    const spool = await filled(2)
    const run = runSender(spool, [answer, takesAll])
    await run.emptied()
    expect(run.batches).toEqual([
      ['0', '1'],
      ['0', '1'],
    ])
    expect(run.said).toEqual([`failed ${reason}`, 'sent 2'])
    expect(spool.depth().refused).toBe(0)
  })

  it('waits longer each time, up to a minute, and anew after a success', async () => {
    const spool = await filled(150)
    const failures = Array.from({ length: 8 }, () => answers(503))
    const run = runSender(spool, [...failures, takesAll, answers(503), takesAll])
    await run.emptied()
    // With a random number of 0.5: half the way from one second to 2, 4, 8 … 60.
    const first = [1_500, 2_500, 4_500, 8_500, 16_500, 30_500, 30_500, 30_500]
    expect(run.waits).toEqual([...first, 1_500])
  })

  it.each([
    ['seconds', '120', 120_000],
    ['a date', new Date(Date.UTC(2026, 10, 20, 9, 14, 43)).toUTCString(), 40_000],
    ['less than the backoff', '0', 1_500],
    ['more than an hour', '86400', 3_600_000],
    ['nonsense', 'soon', 1_500],
  ])('heeds Retry-After: %s', async (_, header, waitMs) => {
    const spool = await filled(1)
    const run = runSender(spool, [answers(429, {}, { 'retry-after': header }), takesAll])
    await run.emptied()
    expect(run.waits).toEqual([waitMs])
  })
})

describe('the token', () => {
  it('is read again on a 401, and used at once when it is another', async () => {
    const spool = await filled(1)
    const run = runSender(spool, [
      () => {
        run.rotate('second-token')
        return response(401, { detail: 'no' })
      },
      takesAll,
    ])
    await run.emptied()
    expect(authorizations(run.requests)).toEqual(['Bearer first-token', 'Bearer second-token'])
    expect([run.waits, run.said]).toEqual([[], ['sent 1']])
  })

  it('that is refused is tried again later, like the file that is gone or empty', async () => {
    const spool = await filled(1)
    const run = runSender(spool, [
      answers(401),
      () => {
        run.rotate('\n')
        return response(503, {})
      },
      takesAll,
    ])
    await waitFor(() => expect(run.said).toContain('failed token'))
    expect(run.batches).toHaveLength(2)
    run.rotate('third-token')
    await run.emptied()
    expect(run.said.slice(0, 3)).toEqual(['failed 401', 'failed 503', 'failed token'])
    expect(authorizations(run.requests).at(-1)).toBe('Bearer third-token')
  })

  it('that is replaced is in use from the next batch on', async () => {
    const { spool } = testSpool()
    const run = runSender(spool, [takesAll])
    await fill(spool, bodies(1))
    await run.emptied()
    run.rotate('second-token')
    await fill(spool, bodies(1))
    await run.emptied()
    expect(authorizations(run.requests)).toEqual(['Bearer first-token', 'Bearer second-token'])
  })
})

describe('stopping', () => {
  it('lets the batch in flight finish, and starts no other', async () => {
    const spool = await filled(150)
    const answered = gate()
    const run = runSender(spool, [
      async (messages, request) => {
        await answered.opened
        return takesAll(messages, request)
      },
    ])
    await waitFor(() => expect(run.batches).toHaveLength(1))
    const stopped = run.sender.stop(10_000)
    answered.open()
    expect(await stopped).toBe(true)
    expect([run.batches.length, spool.depth().events]).toEqual([1, 50])
  })

  it('does not wait for an answer for longer than it may', async () => {
    const spool = await filled(1)
    const run = runSender(spool, [() => new Promise<never>(() => undefined)])
    await waitFor(() => expect(run.batches).toHaveLength(1))
    expect(await run.sender.stop(20)).toBe(false)
    expect(spool.depth().events).toBe(1)
  })

  it('ends although what was sent cannot be forgotten, which is sent again then', async () => {
    const spool = await filled(1)
    spool.settle = () => Promise.reject(new Error('the disk is full'))
    const run = runSender(spool, [takesAll])
    await waitFor(() => expect(run.said).toContain('spool failed'))
    expect(await run.sender.stop(10_000)).toBe(true)
    expect([run.batches.length, spool.depth().events]).toEqual([1, 1])
    expect(run.said).not.toContain('sent 1')
  })
})

it('does not send again what it only could not delete', async () => {
  const spool = await filled(1)
  const settle = spool.settle.bind(spool)
  let failures = 3
  spool.settle = async (...args) => {
    failures -= 1
    if (failures >= 0) throw new Error('the disk is full')
    return settle(...args)
  }
  const run = runSender(spool, [takesAll])
  await run.emptied()
  expect(run.batches).toHaveLength(1)
  await waitFor(() =>
    expect(run.said).toEqual(['spool failed', 'spool failed', 'spool failed', 'sent 1']),
  )
})

async function filled(count: number, bytes?: number) {
  const { spool } = testSpool()
  await fill(spool, bodies(count, bytes))
  return spool
}

function numbers(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from }, (_, index) => String(from + index))
}

function authorizations(requests: readonly { readonly headers: Record<string, string> }[]) {
  return requests.map(({ headers }) => headers.authorization)
}
