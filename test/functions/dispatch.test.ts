import type { SQSRecord } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { encodeEvent } from '../../adapters/aws/sqs-message.ts'
import { createDispatch } from '../../functions/dispatch/dispatch.ts'
import type { QueuedEvent } from '../../relay/model/delivery.ts'
import { acceptedEvent, event } from '../support/delivery-records.ts'
import { contextWith, sqsRecord } from '../support/event-source-mapping.ts'
import { ManualClock } from '../support/manual-clock.ts'

const environment = {
  eventsQueueUrl: 'http://127.0.0.1/000000000000/events.fifo',
  retriesQueueUrl: 'http://127.0.0.1/000000000000/retries',
}

/** A message of the events queue; its id is `group-message`. */
function eventRecord(group: string, message: string, body?: string): SQSRecord {
  const encoded = encodeEvent(acceptedEvent({ event: event(group, message) }))
  return sqsRecord(
    {
      MessageId: `${group}-${message}`,
      Body: body ?? encoded?.MessageBody ?? '',
      Attributes: { MessageGroupId: group, SequenceNumber: '1' },
    },
    environment.eventsQueueUrl,
  )
}

/** Dispatches with a dispatcher that does `onEvent`. */
function dispatchWith(onEvent: (name: string) => Promise<void>) {
  const started: string[] = []
  const lines: string[] = []
  const write = (message: string) => void lines.push(message)
  const dispatch = createDispatch({
    environment,
    ports: {
      clock: new ManualClock(),
      queue: {
        send: async () => [],
        sendRetries: async () => undefined,
        resendRetries: async () => undefined,
      },
    },
    dispatcher: {
      dispatchEvent: async ({ event: { involvedObject, message } }: QueuedEvent) => {
        started.push(`${involvedObject.name}-${message}`)
        await onEvent(`${involvedObject.name}-${message}`)
      },
      dispatchRetry: async () => undefined,
    },
    log: { info: write, warn: write, error: write },
  })
  return { dispatch, started, lines }
}

function failuresOf({ batchItemFailures }: { batchItemFailures: { itemIdentifier: string }[] }) {
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
}

describe('a batch', () => {
  it('fails a message with the rest of its group, and no other group', async () => {
    const { dispatch, started, lines } = dispatchWith(async (name) => {
      if (name === 'a-2') throw new Error('a store failed')
    })
    const Records = ['a-1', 'b-1', 'a-2', 'a-3', 'b-2'].map((id) => {
      const [group = '', message = ''] = id.split('-')
      return eventRecord(group, message)
    })
    expect(failuresOf(await dispatch({ Records }, contextWith()))).toEqual(['a-2', 'a-3'])
    expect(started.toSorted()).toEqual(['a-1', 'a-2', 'b-1', 'b-2'])
    expect(lines).toEqual(['dispatch failed'])
  })

  it('runs groups at the same time', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { dispatch } = dispatchWith((name) => {
      if (name === 'b-1') resolve()
      return promise
    })
    const Records = [eventRecord('a', '1'), eventRecord('b', '1')]
    expect(failuresOf(await dispatch({ Records }, contextWith()))).toEqual([])
  })

  it('starts nothing with less than 20 s left', async () => {
    const { dispatch, started, lines } = dispatchWith(async () => undefined)
    const Records = [eventRecord('a', '1'), eventRecord('a', '2'), eventRecord('b', '1')]
    const failed = failuresOf(await dispatch({ Records }, contextWith(19_999)))
    expect(failed).toEqual(['a-1', 'a-2', 'b-1'])
    expect(started).toEqual([])
    expect(lines).toEqual([
      'not started: too little time is left',
      'not started: too little time is left',
    ])
  })

  it('returns what is not over in time, and keeps what is', async () => {
    const { dispatch } = dispatchWith(async (name) => {
      if (name === 'a-1') await new Promise(() => undefined)
    })
    const Records = [eventRecord('a', '1'), eventRecord('b', '1')]
    // The first call sets the end, 50 ms from now; the others are about starting.
    const times = [2_050]
    const context = { getRemainingTimeInMillis: () => times.shift() ?? 60_000 }
    expect(failuresOf(await dispatch({ Records }, context))).toEqual(['a-1'])
  })

  it.each([
    ['an event that is not JSON', eventRecord('a', '1', 'no')],
    [
      'a retry of another form',
      sqsRecord({ MessageId: 'a-1', Body: '{}' }, environment.retriesQueueUrl),
    ],
    [
      'a message of a foreign queue',
      sqsRecord({ MessageId: 'a-1', Body: '{}' }, 'http://x/1/foreign'),
    ],
  ])('fails %s, with a line', async (_, record) => {
    const { dispatch, started, lines } = dispatchWith(async () => undefined)
    const batch = { Records: [record, eventRecord('b', '1')] }
    expect(failuresOf(await dispatch(batch, contextWith()))).toEqual(['a-1'])
    expect(started).toEqual(['b-1'])
    expect(lines).toEqual(['dispatch failed'])
  })
})
