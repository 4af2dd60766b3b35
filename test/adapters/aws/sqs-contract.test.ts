import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { describe, expect, it } from 'vitest'
import { SqsQueue } from '../../../adapters/aws/sqs.ts'
import { systemClock } from '../../../hosts/kit/system-clock.ts'
import type { JsonObject } from '../../../relay/model/json-value.ts'
import type { AcceptedEvent } from '../../../relay/model/queue-messages.ts'
import { queueContract } from '../../contract/queue-contract.ts'
import { acceptedEvent, event } from '../../support/delivery-records.ts'
import { sqs } from '../../support/sqs.ts'
import { sqsReceiver } from '../../support/sqs-receiver.ts'

const { openQueues } = sqs()

// The queue has the time of its service, so this one waits; it is a file of its own so that others
// run meanwhile.
const clock = systemClock

async function openNew() {
  const { close, ...options } = await openQueues()
  const { client, eventsQueueUrl, retriesQueueUrl } = options
  const receiver = sqsReceiver(client, eventsQueueUrl, retriesQueueUrl)
  const queue = new SqsQueue({ ...options, clock })
  const record = async () => undefined
  const leaveEvent = async ({ group }: AcceptedEvent, body: JsonObject) => {
    const message = { MessageBody: JSON.stringify(body), MessageGroupId: group }
    const fifo = { QueueUrl: eventsQueueUrl, MessageDeduplicationId: randomUUID(), ...message }
    await client.send(new SendMessageCommand(fifo))
    return receiver
  }
  const leaveRetry = async (body: JsonObject) => {
    const message = { QueueUrl: retriesQueueUrl, MessageBody: JSON.stringify(body) }
    await client.send(new SendMessageCommand(message))
  }
  const pass = async (ms: number) => wait(ms)
  return { queue, receiver, clock, pass, record, leaveEvent, leaveRetry, close }
}

queueContract('SqsQueue', openNew, { tellsDuplicates: false })

describe('SqsQueue on SQS', () => {
  it('hands out a large event, whole', async () => {
    const { queue, receiver, close } = await openNew()
    const sent = acceptedEvent({ event: event('podinfo', 'é\u{1F680}\uFFFF'.repeat(9_000)) })
    expect(await queue.send([sent])).toEqual(['queued'])
    const [received] = await receiver.receiveEvents(1)
    expect(received).toEqual({ ...sent, sequence: received?.sequence })
    await close()
  })
})
