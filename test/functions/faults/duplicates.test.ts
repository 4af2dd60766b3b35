import { describe, expect, it } from 'vitest'
import { firstOf, injectFaults, LOST } from '../../support/aws-faults.ts'
import { awsRelay } from '../../support/aws-relay.ts'
import { sqsRecord } from '../../support/event-source-mapping.ts'
import {
  collectEvents,
  dispatch,
  drain,
  openFaultyRelay,
  outcomes,
  post,
  pump,
  readLedger,
  received,
  startContainer,
  stepEvent,
  TAKEN,
  UNABLE,
} from '../../support/faulty-relay.ts'

const { open } = awsRelay()
const MINUTE_MS = 60_000

const BOTH_DELIVERED = ['hooks: delivered', 'statuses: delivered']

describe('an event that SQS delivers twice', () => {
  it.each(['in one batch', 'again when it is final'])('is sent once: %s', async (when) => {
    const { relay, sink, poller, container } = await openFaultyRelay(open)
    await post(container, [stepEvent('app', 1)])
    const records = await collectEvents(poller)
    if (when === 'in one batch') await dispatch(container, [...records, ...records])
    else {
      for (const other of [container, container, startContainer(relay)]) {
        expect(await dispatch(other, records)).toEqual([])
      }
    }
    expect(await outcomes(relay)).toEqual(BOTH_DELIVERED)
    expect(sink.requests).toHaveLength(2)
  })

  it('does not make the next recovery a repeat when it comes after the failure', async () => {
    const { relay, sink, poller, container } = await openFaultyRelay(open)
    const ready = { ...stepEvent('app', 1), message: 'app is ready' }
    const failure = { ...stepEvent('app', 2), severity: 'error', message: 'app failed' }
    const readyAgain = { ...ready, timestamp: stepEvent('app', 3).timestamp }
    await post(container, [ready, failure])
    const [first, second] = await collectEvents(poller)
    if (!first || !second) throw new Error('expected two events')
    await dispatch(container, [first, second])
    expect(await dispatch(container, [first])).toEqual([])
    await post(container, [readyAgain])
    await dispatch(container, await collectEvents(poller))
    const hooks = received(sink).filter((shown) => shown.startsWith('hooks'))
    expect(hooks).toEqual(['hooks: app is ready', 'hooks: app failed', 'hooks: app is ready'])
    expect(await outcomes(relay)).not.toContain('(no alert): suppressed')
  })

  it('has one record for each Alert when two containers take it at once', async () => {
    const faulty = await openFaultyRelay(open)
    const { relay, sink, poller, container } = faulty
    await post(container, [stepEvent('app', 1)])
    const records = await collectEvents(poller)
    const failed = await Promise.all([
      dispatch(container, records),
      dispatch(startContainer(relay), records),
    ])
    for (const ids of failed) if (ids.length > 0) await dispatch(container, records)
    expect(await outcomes(relay)).toEqual(BOTH_DELIVERED)
    expect(sink.requests.length).toBeLessThanOrEqual(4)
  })
})

/** Retry messages as they are in the queue now. */
async function takeRetries({
  poller,
}: Pick<Awaited<ReturnType<typeof openFaultyRelay>>, 'poller'>) {
  const records = await poller.receiveRetries()
  for (const record of records) await poller.acknowledge(record)
  return records
}

describe('a retry that SQS delivers twice', () => {
  /** One event that a sink refused, whose retries are due, and a sink that takes them. */
  async function openRetrying(isAble: () => boolean = () => true) {
    let isRefusing = true
    const faulty = await openFaultyRelay(open, () => (isRefusing || !isAble() ? UNABLE : TAKEN))
    const { relay, poller, container } = faulty
    await post(container, [stepEvent('app', 1)])
    const [event] = (await pump(poller, container, 'events')).records
    isRefusing = false
    relay.time.offsetMs = MINUTE_MS
    return { ...faulty, event, retries: await takeRetries(faulty) }
  }

  it('is tried once in a batch, and not at all when it is final', async () => {
    const { relay, sink, container, retries } = await openRetrying()
    const copies = retries.map((record) => ({ ...record, messageId: `${record.messageId}-copy` }))
    expect(await dispatch(container, [...retries, ...copies])).toEqual([])
    expect(await outcomes(relay)).toEqual(BOTH_DELIVERED)
    expect(sink.requests).toHaveLength(4)
    expect(await dispatch(startContainer(relay), copies)).toEqual([])
    expect(sink.requests).toHaveLength(4)
  })

  it('has one record when two containers try it at once', async () => {
    const { relay, sink, container, retries } = await openRetrying()
    const other = startContainer(relay)
    await Promise.all([dispatch(container, retries), dispatch(other, retries)])
    expect(await outcomes(relay)).toEqual(BOTH_DELIVERED)
    expect(sink.requests.length).toBeLessThanOrEqual(6)
  })

  it('is queued as the ledger has it when it is behind', async () => {
    let isAble = false
    const faulty = await openRetrying(() => isAble)
    const { relay, sink, container, retries } = faulty
    await dispatch(container, retries)
    const attempts = async () => (await readLedger(relay)).map(({ attempt }) => attempt)
    expect(await attempts()).toEqual([3, 3])
    await takeRetries(faulty)
    expect(await dispatch(container, retries)).toEqual([])
    expect(sink.requests).toHaveLength(4)
    isAble = true
    await drain(faulty, container)
    expect(await outcomes(relay)).toEqual(BOTH_DELIVERED)
    expect(sink.requests).toHaveLength(6)
  })

  it('is tried once when it is due, though a lost answer has doubled its message', async () => {
    const { relay, sink, poller, container } = await openFaultyRelay(open, () => UNABLE)
    await post(container, [stepEvent('app', 1)])
    injectFaults(relay.clients, firstOf('SendMessageBatch', 1, LOST))
    await pump(poller, container, 'events')
    const tries: number[] = []
    for (const passedMs of [20_000, 40_000]) {
      relay.time.offsetMs += passedMs
      const before = sink.requests.length
      const records = await takeRetries({ poller })
      // As Lambda does when it polls them apart.
      await Promise.all(records.map((record) => dispatch(startContainer(relay), [record])))
      tries.push(sink.requests.length - before)
    }
    // Of two deliveries: the copy of one is all that the fault may cost.
    expect(tries).toEqual([3, 2])
  })

  it('comes again when it is ahead of the ledger', async () => {
    const { relay, sink, container, retries } = await openRetrying()
    const ahead = retries.map((record) => ({
      ...record,
      body: record.body.replace('"attempt":2', '"attempt":3'),
    }))
    expect(await dispatch(container, ahead)).toHaveLength(2)
    expect(sink.requests).toHaveLength(2)
    expect(await outcomes(relay)).toEqual(['hooks: retry', 'statuses: retry'])
  })

  it('is tried before its event comes again', async () => {
    const { relay, sink, container, event, retries } = await openRetrying()
    await dispatch(container, retries)
    expect(await dispatch(container, event ? [event] : [])).toEqual([])
    expect(await outcomes(relay)).toEqual(BOTH_DELIVERED)
    expect(sink.requests).toHaveLength(4)
  })

  it('is dropped when nothing is known of its delivery', async () => {
    const { relay, sink, container } = await openFaultyRelay(open)
    const Body = JSON.stringify({ deliveryId: 'a'.repeat(64), attempt: 2, dueAt: 0 })
    const message = sqsRecord({ MessageId: 'unknown', Body }, relay.environment.retriesQueueUrl)
    expect(await dispatch(container, [message])).toEqual([])
    expect(sink.requests).toEqual([])
  })
})

describe('messages that come in another order', () => {
  it('set no status back to an older one', async () => {
    const { relay, sink, poller, container } = await openFaultyRelay(open)
    await post(
      container,
      [1, 2, 3, 4].map((step) => stepEvent('app', step)),
    )
    const [one, two, three, four] = await collectEvents(poller)
    if (!one || !two || !three || !four) throw new Error('expected four events')
    for (const record of [three, one, four, two]) {
      expect(await dispatch(container, [record])).toEqual([])
    }
    const shown = received(sink)
    expect(shown.filter((text) => text.startsWith('hooks'))).toHaveLength(4)
    const statuses = shown.filter((text) => text.startsWith('statuses'))
    expect(statuses.map((text) => /\d/.exec(text)?.[0])).toEqual(['3', '4'])
    const records = await readLedger(relay)
    expect(records.map(({ outcome }) => outcome).toSorted()).toEqual([
      ...Array(6).fill('delivered'),
      ...Array(2).fill('suppressed'),
    ])
  })

  it('do not send a late retry behind a newer status', async () => {
    let isAble = false
    const faulty = await openFaultyRelay(open, () => (isAble ? TAKEN : UNABLE))
    const { relay, sink, poller, container } = faulty
    await post(container, [stepEvent('app', 1)])
    await pump(poller, container, 'events')
    const retries = await takeRetries(faulty)
    isAble = true
    await post(container, [stepEvent('app', 2)])
    await pump(poller, container, 'events')
    relay.time.offsetMs = MINUTE_MS
    expect(await dispatch(container, retries)).toEqual([])
    expect(await outcomes(relay)).toEqual([
      'hooks: delivered',
      'hooks: delivered',
      'statuses: delivered',
      'statuses: suppressed',
    ])
    const statuses = received(sink).filter((text) => text.startsWith('statuses'))
    expect(statuses.map((text) => /\d/.exec(text)?.[0])).toEqual(['1', '2'])
  })
})
