import type { SQSRecord } from 'aws-lambda'
import { retryStep } from '../../adapters/aws/retry-delay.ts'
import { decodeEvent, decodeRetry } from '../../adapters/aws/sqs-message.ts'
import type { Dispatcher } from '../../relay/pipeline/dispatch.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import type { Environment } from '../shared/environment.ts'

/** What handling a message needs. */
export interface MessageParts {
  readonly environment: Pick<Environment, 'eventsQueueUrl' | 'retriesQueueUrl'>
  readonly ports: Pick<Ports, 'queue' | 'clock'>
  readonly dispatcher: Dispatcher
}

/**
 * Handles one message; rejects when it must come again. `behind`: another message of its group was handled
 * right before it.
 */
export type HandleMessage = (record: SQSRecord, behind: boolean) => Promise<void>

/** Handles the messages of both queues, each as what its queue holds. */
export function createMessageHandler({
  environment,
  ports,
  dispatcher,
}: MessageParts): HandleMessage {
  const handles = new Map<string | undefined, HandleMessage>([
    [environment.eventsQueueUrl, (event, behind) => handleEvent(dispatcher, event, behind)],
    [environment.retriesQueueUrl, (retry) => handleRetry(ports, dispatcher, retry)],
  ])
  return async (record, behind) => {
    const handle = handles.get(queueUrlOf(environment, record))
    if (!handle) throw new Error(`${record.eventSourceARN} is neither queue of this relay`)
    await handle(record, behind)
  }
}

/** The address of the queue that a message is from; undefined when it is none of the relay's. */
export function queueUrlOf(
  { eventsQueueUrl, retriesQueueUrl }: MessageParts['environment'],
  { eventSourceARN }: SQSRecord,
): string | undefined {
  const name = eventSourceARN.split(':').at(-1)
  return [eventsQueueUrl, retriesQueueUrl].find((url) => url.split('/').at(-1) === name)
}

async function handleEvent(
  dispatcher: Dispatcher,
  record: SQSRecord,
  behind: boolean,
): Promise<void> {
  const isFirst = !behind && record.attributes.ApproximateReceiveCount === '1'
  await dispatcher.dispatchEvent({ ...decodeEvent(record), ...(isFirst && { isFirst }) })
}

async function handleRetry(
  { queue, clock }: MessageParts['ports'],
  dispatcher: Dispatcher,
  { body, attributes }: SQSRecord,
): Promise<void> {
  const { MessageGroupId: cluster } = attributes
  const message = { ...decodeRetry(body), ...(cluster !== undefined && { cluster }) }
  const { kind } = retryStep(message, clock.now())
  if (kind === 'hop') await queue.sendRetries([message])
  else await dispatcher.dispatchRetry(message)
}
