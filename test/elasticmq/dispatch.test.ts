import { randomUUID } from 'node:crypto'
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { createSqsClient } from '../../adapters/aws/clients.ts'
import { createDeadLetterQueues } from '../../adapters/aws/dead-letter-queues.ts'
import { createMessageVisibility } from '../../adapters/aws/message-visibility.ts'
import { SqsQueue } from '../../adapters/aws/sqs.ts'
import { createDispatch } from '../../functions/dispatch/dispatch.ts'
import { localOptions } from '../support/aws-endpoints.ts'
import { acceptedEvent, event } from '../support/delivery-records.ts'
import { contextWith, sqsRecord } from '../support/event-source-mapping.ts'
import { waitFor } from '../support/wait-for.ts'

const endpoint = inject('elasticMq')
const VISIBILITY_S = 360
const clock = {
  now: () => Date.now(),
  elapsed: () => Math.round(performance.now()),
  random: () => 0.5,
}

describe.skipIf(endpoint === '')('a batch with several messages of one group', () => {
  const client = createSqsClient(localOptions(endpoint))
  afterAll(() => client.destroy())

  const createQueue = async (QueueName: string, Attributes: Record<string, string>) => {
    const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName, Attributes }))
    return endpoint + QueueUrl.replace(/^https?:\/\/[^/]+/, '')
  }
  const attributeOf = async (QueueUrl: string, name: QueueAttributeName) => {
    const { Attributes: attributes = {} } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    )
    return attributes[name]
  }

  /** Dispatch whose dispatcher notes what it starts, as the message of the event. */
  async function open(onEvent: (message: string) => void = () => undefined) {
    const name = randomUUID()
    const fifo = { FifoQueue: 'true', VisibilityTimeout: String(VISIBILITY_S) }
    const deadLetters = await createQueue(`${name}-dead.fifo`, { FifoQueue: 'true' })
    const deadLetterTargetArn = await attributeOf(deadLetters, 'QueueArn')
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 50 })
    const eventsQueueUrl = await createQueue(`${name}.fifo`, { ...fifo, RedrivePolicy })
    const environment = { eventsQueueUrl, retriesQueueUrl: `${eventsQueueUrl}-none` }
    const queue = new SqsQueue({ client, ...environment, clock })
    const started: string[] = []
    const dispatch = createDispatch({
      environment,
      ports: { queue, clock },
      dispatcher: {
        async dispatchEvent({ event: { message } }) {
          started.push(message)
          onEvent(message)
        },
        dispatchRetry: async () => undefined,
      },
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      deadLetters: createDeadLetterQueues(client),
      visibility: createMessageVisibility(client),
      dueIndex: { remove: async () => undefined },
      onSetAside: () => undefined,
      onFailed: () => undefined,
    })
    /** One call, as of Lambda's poller, which leaves what failed where it is; resolves with its size. */
    const poll = async (remainingMs?: number) => {
      const receive = new ReceiveMessageCommand({
        ...{ QueueUrl: eventsQueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: VISIBILITY_S },
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      })
      const { Messages: received = [] } = await client.send(receive)
      const Records = received.map((message) => sqsRecord(message, eventsQueueUrl))
      const { batchItemFailures } = await dispatch({ Records }, contextWith(remainingMs))
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
      for (const { messageId, receiptHandle: ReceiptHandle } of Records) {
        if (failed.has(messageId)) continue
        await client.send(new DeleteMessageCommand({ QueueUrl: eventsQueueUrl, ReceiptHandle }))
      }
      return Records.length
    }
    /** How long it takes until a poll brings something, in milliseconds. */
    const nextPoll = async () => {
      const startedAt = Date.now()
      await waitFor(async () => expect(await poll()).toBeGreaterThan(0))
      return Date.now() - startedAt
    }
    return {
      eventsQueueUrl,
      deadLetters,
      started,
      poll,
      nextPoll,
      send: (...names: readonly string[]) =>
        queue.send(names.map((text) => acceptedEvent({ event: event('podinfo', text) }))),
      sendBody: (MessageBody: string) =>
        client.send(
          new SendMessageCommand({
            ...{ QueueUrl: eventsQueueUrl, MessageBody, MessageDeduplicationId: randomUUID() },
            MessageGroupId: acceptedEvent({ event: event('podinfo') }).group,
          }),
        ),
    }
  }

  it('is done in order, and what is behind a failure comes again with it after 5 s', async () => {
    let failures = 0
    const { send, poll, nextPoll, started } = await open((message) => {
      if (message !== '2' || failures > 0) return
      failures += 1
      throw new Error('a store failed')
    })
    await send('1', '2', '3', '4')
    expect(await poll()).toBe(4)
    expect(started).toEqual(['1', '2'])
    await send('5')
    expect(await nextPoll()).toBeGreaterThan(3_500)
    while ((await poll()) > 0);
    expect(started).toEqual(['1', '2', '2', '3', '4', '5'])
  })

  it('comes again in a second when there was no time to start it', async () => {
    const { send, poll, nextPoll, started } = await open()
    await send('1', '2', '3')
    expect(await poll(19_999)).toBe(3)
    expect(started).toEqual([])
    expect(await nextPoll()).toBeLessThan(30_000)
    while ((await poll()) > 0);
    expect(started).toEqual(['1', '2', '3'])
  })

  it('loses what cannot be read to the dead-letter queue, and keeps a later version', async () => {
    const { send, sendBody, poll, started, deadLetters, eventsQueueUrl } = await open()
    await send('1')
    await sendBody('{"id":"x')
    await send('2')
    await sendBody('{"v":999}')
    await send('3')
    expect(await poll()).toBe(5)
    expect(started).toEqual(['1', '2'])
    expect(await attributeOf(deadLetters, 'ApproximateNumberOfMessages')).toBe('1')
    // What is behind it waits with it.
    expect(await attributeOf(eventsQueueUrl, 'ApproximateNumberOfMessagesNotVisible')).toBe('2')
    expect(await poll()).toBe(0)
  })
})
