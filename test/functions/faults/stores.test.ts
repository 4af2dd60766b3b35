import { describe, expect, it } from 'vitest'
import {
  ACCESS_DENIED,
  type DrawFault,
  type Fault,
  firstOf,
  INTERNAL_ERROR,
  injectFaults,
  LOST,
  SDK_TRIES,
  THROTTLED,
  THROUGHPUT_EXCEEDED,
  UNAVAILABLE,
  UNPROCESSED,
} from '../../support/aws-faults.ts'
import { awsRelay } from '../../support/aws-relay.ts'
import {
  drain,
  openFaultyRelay,
  outcomes,
  post,
  pump,
  readLedger,
  received,
  shownBy,
  startContainer,
  stepEvent,
  TAKEN,
  UNABLE,
} from '../../support/faulty-relay.ts'
import { IS_FULL_SIZE } from '../../support/full-size.ts'
import type { RecordedRequest } from '../../support/recording-sink.ts'

const { open } = awsRelay()
const MINUTE_MS = 60_000

const BOTH_DELIVERED = ['hooks: delivered', 'statuses: delivered']

/** What a sink answers that refuses the first request for each thing it is to show. */
function refusingFirst() {
  const seen = new Set<string>()
  return (request: RecordedRequest) => {
    const shown = shownBy(request)
    if (seen.has(shown)) return TAKEN
    seen.add(shown)
    return UNABLE
  }
}

const OWN_OPERATIONS = ['Scan', 'ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility']

/** All of the SDK's tries of the relay's request number `n`, counted over all services. */
function nthRequest(n: number, fault: Fault): DrawFault {
  const inputs: object[] = []
  return ({ operation, input }) => {
    if (OWN_OPERATIONS.includes(operation)) return undefined
    if (!inputs.includes(input)) inputs.push(input)
    return inputs[n] === input ? fault : undefined
  }
}

describe('DynamoDB', () => {
  it.each([
    ['PutItem', THROTTLED],
    ['PutItem', LOST],
    ['BatchGetItem', THROUGHPUT_EXCEEDED],
    ['BatchGetItem', INTERNAL_ERROR],
    ['BatchGetItem', UNPROCESSED],
  ])('%s may fail as often as the SDK tries again: %o', async (operation, fault) => {
    const faulty = await openFaultyRelay(open)
    await post(faulty.container, [stepEvent('app', 1)])
    const { count } = injectFaults(faulty.relay.clients, firstOf(operation, SDK_TRIES - 1, fault))
    const { records, failed } = await pump(faulty.poller, faulty.container, 'events')
    expect([records.length, failed, count()]).toEqual([1, [], SDK_TRIES - 1])
    expect(await outcomes(faulty.relay)).toEqual(BOTH_DELIVERED)
    expect(faulty.sink.requests).toHaveLength(2)
  })
})

/** A request that was not done is repeated as a whole, so some of them show it. */
const STEP = IS_FULL_SIZE ? 1 : 8
/** What was done comes to other things at each request. */
const DONE_STEP = IS_FULL_SIZE ? 1 : 4

describe.each([
  ['throttled', THROTTLED, STEP],
  ['not available', UNAVAILABLE, STEP],
  ['done, and its answer lost', LOST, DONE_STEP],
])('every request to AWS, one after the other, is %s', { timeout: 300_000 }, (_, fault, step) => {
  it('and the delivery ends all the same, with one repeat at most', async () => {
    const faulty = await openFaultyRelay(open, refusingFirst())
    const { relay, sink, poller } = faulty
    let [requests, runs, seen] = [0, 0, 0]
    for (let hit = true; hit; requests += step) {
      runs += 1
      const container = startContainer(relay)
      const object = `app-${requests}`
      expect(await post(container, [stepEvent(object, 1)])).toBe(202)
      const { count, end } = injectFaults(relay.clients, nthRequest(requests, fault))
      const { records, failed } = await pump(poller, container, 'events')
      if (failed.length === 0) {
        relay.time.offsetMs += MINUTE_MS
        await pump(poller, container, 'retries')
      }
      await drain(faulty, container)
      hit = count() > 0
      end()
      expect(records, `request ${requests}`).toHaveLength(1)
      // Each of the two is refused once.
      const own = received(sink).slice(seen)
      seen += own.length
      expect([4, hit ? 5 : 4], `request ${requests}: ${own}`).toContain(own.length)
    }
    expect(requests).toBeGreaterThan(20)
    const all = await readLedger(relay)
    expect(all).toHaveLength(2 * runs)
    expect(all.filter(({ outcome }) => outcome !== 'delivered')).toEqual([])
  })
})

describe('Secrets Manager', () => {
  it.each([ACCESS_DENIED, INTERNAL_ERROR])(
    'puts the message back while it fails: %o',
    async (fault) => {
      const faulty = await openFaultyRelay(open)
      const { relay, sink, poller } = faulty
      await post(faulty.container, [stepEvent('app', 1)])
      const container = startContainer(relay)
      const { end } = injectFaults(relay.clients, ({ operation }) =>
        operation === 'GetSecretValue' ? fault : undefined,
      )
      for (let time = 0; time < 3; time += 1) {
        const { records, failed } = await pump(poller, container, 'events')
        expect(failed).toEqual(records.map(({ messageId }) => messageId))
        expect(failed).toHaveLength(1)
      }
      expect(await outcomes(relay)).toEqual([])
      end()
      await drain(faulty, container)
      expect(await outcomes(relay)).toEqual(BOTH_DELIVERED)
      expect(sink.requests).toHaveLength(2)
    },
  )

  it('puts a retry back while it denies', async () => {
    const faulty = await openFaultyRelay(open, refusingFirst())
    const { relay, poller } = faulty
    await post(faulty.container, [stepEvent('app', 1)])
    await pump(poller, faulty.container, 'events')
    relay.time.offsetMs = MINUTE_MS
    const container = startContainer(relay)
    const { end } = injectFaults(relay.clients, ({ operation }) =>
      operation === 'GetSecretValue' ? ACCESS_DENIED : undefined,
    )
    expect((await pump(poller, container, 'retries')).failed).toHaveLength(2)
    expect(await outcomes(relay)).toEqual(['hooks: retry', 'statuses: retry'])
    end()
    await drain(faulty, container)
    expect(await outcomes(relay)).toEqual(BOTH_DELIVERED)
  })

  it('is no reason to give up when a refused credential cannot be read anew', async () => {
    let isKnown = false
    const faulty = await openFaultyRelay(open, () => (isKnown ? TAKEN : { status: 401 }))
    const { relay, poller, container } = faulty
    await post(container, [stepEvent('app', 1)])
    let reads = 0
    const { end } = injectFaults(relay.clients, ({ operation }) => {
      if (operation !== 'GetSecretValue') return undefined
      reads += 1
      // The first of each Secret is what the requests are made of.
      return reads > 2 ? ACCESS_DENIED : undefined
    })
    expect((await pump(poller, container, 'events')).failed).toHaveLength(1)
    expect(await outcomes(relay)).toEqual([])
    end()
    isKnown = true
    await drain(faulty, container)
    expect(await outcomes(relay)).toEqual(BOTH_DELIVERED)
  })

  it.each([ACCESS_DENIED, INTERNAL_ERROR])(
    'answers events with 503 without hashes of tokens: %o',
    async (fault) => {
      const { relay } = await openFaultyRelay(open)
      const container = startContainer(relay)
      const { end } = injectFaults(relay.clients, firstOf('Query', SDK_TRIES, fault))
      expect(await post(container, [stepEvent('app', 1)])).toBe(503)
      end()
      expect(await post(container, [stepEvent('app', 1)])).toBe(202)
    },
  )
})
