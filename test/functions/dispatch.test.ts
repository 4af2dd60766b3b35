import type { SQSRecord } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { encodeEvent } from '../../adapters/aws/sqs-message.ts'
import { createDispatch } from '../../functions/dispatch/dispatch.ts'
import type { QueuedEvent } from '../../relay/model/queue-messages.ts'
import { DispatchFailure } from '../../relay/pipeline/dispatch-failure.ts'
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

/** Dispatches with a dispatcher that does `onEvent`; `onDeadLetter` is what SQS does with one. */
function dispatchWith(
  onEvent: (name: string) => Promise<void>,
  onDeadLetter: () => Promise<void> = async () => undefined,
  onRetry: (deliveryId: string) => Promise<void> = async () => undefined,
) {
  const setAside: string[] = []
  const putBack: string[] = []
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
      dispatchRetry: ({ deliveryId }) => onRetry(deliveryId),
    },
    log: { info: write, warn: write, error: write },
    onFailed: () => undefined,
    deadLetters: {
      async add(queueUrl, { messageId }, { cause, rejections }) {
        await onDeadLetter()
        setAside.push(`${messageId} of ${queueUrl.split('/').at(-1)}: ${cause} (${rejections})`)
      },
    },
    visibility: {
      comeBackAfter: async (_, messages, seconds) => {
        putBack.push(`${messages.length} after ${seconds} s`)
      },
    },
    dueIndex: { remove: async () => undefined },
    onSetAside: () => void setAside.push('counted'),
  })
  return { dispatch, started, lines, setAside, putBack }
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

  it.each([
    ['of one cluster', ['prod', 'prod']],
    ['that have no group, as before', [undefined, undefined]],
    ['of which one has no group', [undefined, 'prod']],
  ])('runs retries at the same time %s', async (_, groups) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { dispatch } = dispatchWith(
      async () => undefined,
      undefined,
      (deliveryId) => {
        if (deliveryId === 'd1') resolve()
        return promise
      },
    )
    const Records = groups.map((group, index) =>
      sqsRecord(
        {
          MessageId: `m${index}`,
          Body: JSON.stringify({ deliveryId: `d${index}`, attempt: 2, dueAt: 0 }),
          ...(group !== undefined && { Attributes: { MessageGroupId: group } }),
        },
        environment.retriesQueueUrl,
      ),
    )
    expect(failuresOf(await dispatch({ Records }, contextWith()))).toEqual([])
  })

  it('runs two copies of one retry of a cluster one after the other', async () => {
    let underWay = 0
    const { dispatch } = dispatchWith(
      async () => undefined,
      undefined,
      async () => {
        underWay += 1
        expect(underWay).toBe(1)
        await Promise.resolve()
        underWay -= 1
      },
    )
    const Records = ['m1', 'm2'].map((MessageId) =>
      sqsRecord(
        {
          MessageId,
          Body: JSON.stringify({ v: 1, deliveryId: 'd', attempt: 2, dueAt: 0 }),
          Attributes: { MessageGroupId: 'prod' },
        },
        environment.retriesQueueUrl,
      ),
    )
    expect(failuresOf(await dispatch({ Records }, contextWith()))).toEqual([])
  })

  it('starts nothing with less than 20 s left', async () => {
    const { dispatch, started, lines, putBack } = dispatchWith(async () => undefined)
    const Records = [eventRecord('a', '1'), eventRecord('a', '2'), eventRecord('b', '1')]
    const failed = failuresOf(await dispatch({ Records }, contextWith(19_999)))
    expect(failed).toEqual(['a-1', 'a-2', 'b-1'])
    expect(putBack).toEqual(['2 after 1 s', '1 after 1 s'])
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

  it('fails a message of a foreign queue, with a line', async () => {
    const { dispatch, started, lines } = dispatchWith(async () => undefined)
    const record = sqsRecord({ MessageId: 'a-1', Body: '{}' }, 'http://x/1/foreign')
    const batch = { Records: [record, eventRecord('b', '1')] }
    expect(failuresOf(await dispatch(batch, contextWith()))).toEqual(['a-1'])
    expect(started).toEqual(['b-1'])
    expect(lines).toEqual(['dispatch failed'])
  })

  it.each([
    [
      'an event that is not JSON',
      eventRecord('a', '1', 'no'),
      /^a-1 of events\.fifo: DamagedRecord: a stored queued event .*: .*it is not JSON \(0\)$/,
    ],
    [
      'an event of another form',
      eventRecord('a', '1', '{"id":"x"}'),
      /^a-1 of events\.fifo: DamagedRecord: .*: .*cluster is missing \(0\)$/,
    ],
    [
      'a retry of another form',
      sqsRecord({ MessageId: 'a-1', Body: '{}' }, environment.retriesQueueUrl),
      /^a-1 of retries: DamagedRecord: a stored retry .*: .*deliveryId is missing \(0\)$/,
    ],
  ])('sets %s aside at once, and goes on with its group', async (_, record, cause) => {
    const { dispatch, started, lines, setAside } = dispatchWith(async () => undefined)
    const batch = { Records: [record, eventRecord('a', '2'), eventRecord('b', '1')] }
    expect(failuresOf(await dispatch(batch, contextWith()))).toEqual([])
    expect(started.toSorted()).toEqual(['a-2', 'b-1'])
    expect(lines).toEqual(['set aside; flux-relay replay --queue puts it back'])
    expect(setAside).toEqual([expect.stringMatching(cause), 'counted'])
  })

  it.each([
    ['19 rejections of its own', ['message', 19], ['2 after 360 s']],
    ['20 rejections of its own', ['message', 20], []],
    ['a later version', ['later-version', 0], ['2 after 900 s']],
    ['a failing store', ['host', 0], ['2 after 360 s']],
  ] as const)('of %s, received often, comes again: %s %j', async (_, [fault, count], back) => {
    const { dispatch, setAside, putBack } = dispatchWith(async (name) => {
      if (name !== 'a-1') return
      throw new DispatchFailure(fault, new Error('no'), { count, firstAt: 0 })
    })
    const first = eventRecord('a', '1')
    const record = {
      ...first,
      attributes: { ...first.attributes, ApproximateReceiveCount: '999' },
    }
    const batch = { Records: [record, eventRecord('a', '2')] }
    const failed = back.length === 0 ? [] : ['a-1', 'a-2']
    expect(failuresOf(await dispatch(batch, contextWith()))).toEqual(failed)
    expect(putBack).toEqual(back)
    expect(setAside).toHaveLength(failed.length === 0 ? 2 : 0)
  })

  it('keeps what it cannot set aside', async () => {
    const { dispatch, lines } = dispatchWith(
      async () => undefined,
      () => Promise.reject(new Error('throttled')),
    )
    const batch = { Records: [eventRecord('a', '1', 'no'), eventRecord('a', '2')] }
    expect(failuresOf(await dispatch(batch, contextWith()))).toEqual(['a-1', 'a-2'])
    expect(lines).toEqual(['could not be set aside', 'dispatch failed'])
  })

  it('returns what could not be set aside in time, and keeps what is done', async () => {
    const { dispatch, putBack } = dispatchWith(
      async () => undefined,
      () => new Promise(() => undefined),
    )
    const Records = [eventRecord('a', '1', 'no'), eventRecord('a', '2'), eventRecord('b', '1')]
    const times = [2_050]
    const context = { getRemainingTimeInMillis: () => times.shift() ?? 60_000 }
    expect(failuresOf(await dispatch({ Records }, context))).toEqual(['a-1', 'a-2'])
    expect(putBack).toEqual(['2 after 5 s'])
  })
})
