import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs'
import { describe, expect, it, vi } from 'vitest'
import { createDeadLetterQueues } from '../../adapters/aws/dead-letter-queues.ts'
import { encodeEvent, MAX_BATCH_BYTES } from '../../adapters/aws/sqs-message.ts'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import type { HttpResponse } from '../../relay/ports/http.ts'
import { type AwsRelay, awsRelay } from '../support/aws-relay.ts'
import { acceptedEvent, event } from '../support/delivery-records.ts'
import { contextWith, pollOnce, sqsRecord } from '../support/event-source-mapping.ts'
import { alert, answer, provider } from '../support/relay-harness.ts'

const { open } = awsRelay()

const PODINFO = acceptedEvent().group

/** Queues a text as an event of this object. */
async function sendEvent(relay: AwsRelay, body: string, group = PODINFO): Promise<void> {
  await relay.clients.sqs.send(
    new SendMessageCommand({
      QueueUrl: relay.environment.eventsQueueUrl,
      MessageBody: body,
      MessageGroupId: group,
      MessageDeduplicationId: crypto.randomUUID(),
    }),
  )
}

const bodyOf = (message: string) =>
  encodeEvent(acceptedEvent({ event: event('podinfo', message) }))?.MessageBody ?? ''

/** Gives the relay an Alert for all, and a destination whose answer to `message` breaks dispatch. */
async function breakOn(relay: AwsRelay, message: string): Promise<void> {
  const generic = provider('generic', { type: 'generic', address: 'https://a.test/' })
  const manifests = [alert('all', 'generic'), generic]
  const { configs, secrets, http } = relay.ports
  await configs.replace(await reconcile('local', manifests, Date.now(), secrets))
  http.send = async (request) => {
    const good = answer(200)
    // Nothing reads a body that is not there.
    const bad = { ...good, body: undefined } as unknown as HttpResponse
    return String(request.body).includes(message) ? bad : good
  }
}

async function take(relay: AwsRelay, QueueUrl: string) {
  const { Messages: [message] = [] } = await relay.clients.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    }),
  )
  if (message) {
    const { ReceiptHandle } = message
    await relay.clients.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
  }
  return message
}

const poll = (relay: AwsRelay) =>
  pollOnce(relay.clients.sqs, relay.environment.eventsQueueUrl, relay.dispatch)

describe('an event that cannot be read', () => {
  it('goes to the dead-letter queue with its cause, and its object goes on', async () => {
    const relay = await open()
    await sendEvent(relay, '{"id":"x')
    await sendEvent(relay, bodyOf('second'))
    expect(await poll(relay)).toMatchObject({ failed: [] })
    expect(relay.setAside()).toBe(1)
    expect(await poll(relay)).toMatchObject({ failed: [] })
    expect(relay.decisions).toMatchObject([{ record: { event: { message: 'second' } } }])
    expect(await take(relay, relay.deadLetterUrls.events)).toMatchObject({
      Body: '{"id":"x',
      Attributes: { MessageGroupId: PODINFO },
      MessageAttributes: {
        cause: { StringValue: expect.stringContaining('it is not JSON') },
        rejections: { StringValue: '0' },
      },
    })
  })
})

describe('an event that dispatch rejects', () => {
  it('is set aside at the 20th rejection of its own, and none of a store counts', async () => {
    const relay = await open()
    await breakOn(relay, 'poison')
    await sendEvent(relay, bodyOf('poison'))
    await sendEvent(relay, bodyOf('second'))
    const { ledger } = relay.ports
    const readMany = ledger.readMany.bind(ledger)
    const rejectAll = async () => {
      throw new Error('throttled')
    }
    // SQS may hand out the second with the first, and it then comes back with it.
    for (let n = 0; n < 30; n += 1) {
      ledger.readMany = rejectAll
      expect((await poll(relay)).failed).not.toEqual([])
    }
    ledger.readMany = readMany
    for (let n = 1; n < 20; n += 1) expect((await poll(relay)).failed).not.toEqual([])
    expect(relay.setAside()).toBe(0)
    expect(await poll(relay)).toMatchObject({ failed: [] })
    expect(relay.setAside()).toBe(1)
    if (relay.decisions.length === 0) expect(await poll(relay)).toMatchObject({ failed: [] })
    expect(relay.decisions).toMatchObject([{ record: { event: { message: 'second' } } }])
    expect(await take(relay, relay.deadLetterUrls.events)).toMatchObject({
      Body: bodyOf('poison'),
      MessageAttributes: {
        cause: { StringValue: expect.stringMatching(/^TypeError: /) },
        rejections: { StringValue: '20' },
      },
    })
  })
})

describe('a retry that cannot be read', () => {
  it('goes to the dead-letter queue as one of its cluster', async () => {
    const relay = await open()
    const send = vi.spyOn(relay.clients.sqs, 'send')
    const message = { MessageId: 'm', Body: '{"v":1', Attributes: { MessageGroupId: 'prod' } }
    const Records = [sqsRecord(message, relay.environment.retriesQueueUrl)]
    expect(await relay.dispatch({ Records }, contextWith())).toEqual({ batchItemFailures: [] })
    const sent = send.mock.lastCall?.[0].input
    expect(sent).toMatchObject({ MessageBody: '{"v":1', MessageGroupId: 'prod' })
    // A standard queue refuses it.
    expect(sent).not.toHaveProperty('MessageDeduplicationId')
    expect(await take(relay, relay.deadLetterUrls.retries)).toMatchObject({ Body: '{"v":1' })
  })
})

describe('createDeadLetterQueues', () => {
  it('keeps the attributes of a message, and as much of the cause as fits', async () => {
    const relay = await open()
    const deadLetters = createDeadLetterQueues(relay.clients.sqs)
    const bodies = ['short', 'x'.repeat(MAX_BATCH_BYTES - 400), 'x'.repeat(MAX_BATCH_BYTES - 50)]
    const causes: unknown[] = []
    for (const [n, body] of bodies.entries()) {
      const encoding = { stringValue: 'gzip+base64', dataType: 'String' }
      const earlier = { stringValue: 'an earlier one', dataType: 'String' }
      await deadLetters.add(
        relay.environment.eventsQueueUrl,
        {
          messageId: `m${n}`,
          body,
          messageAttributes: { encoding, cause: earlier },
          attributes: { MessageGroupId: `g${n}`, SequenceNumber: String(n) },
        },
        { cause: `a\u0000b\ud800${'c'.repeat(2_000)}`, rejections: 20, firstAt: 0 },
      )
      const message = await take(relay, relay.deadLetterUrls.events)
      expect(message?.MessageAttributes?.encoding?.StringValue).toBe('gzip+base64')
      causes.push(message?.MessageAttributes?.cause?.StringValue)
    }
    expect(causes).toEqual([
      expect.stringMatching(/^a\ufffdb\ufffdc{900,}/),
      expect.stringMatching(/^a\ufffdb\ufffdc{50,80}/),
      undefined,
    ])
  })
})
