import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { retryStep } from '../../adapters/aws/retry-delay.ts'
import { decodeEvent, decodeRetry } from '../../adapters/aws/sqs-message.ts'
import type { Dispatcher } from '../../relay/pipeline/dispatch.ts'
import type { Ports } from '../../relay/ports.ts'
import type { Environment } from '../shared/environment.ts'
import type { Log } from '../shared/log.ts'
import { createDeadline, type Deadline, type RemainingTime } from './deadline.ts'

/** What dispatching needs. */
export interface DispatchParts {
  readonly environment: Pick<Environment, 'eventsQueueUrl' | 'retriesQueueUrl'>
  readonly ports: Pick<Ports, 'queue' | 'clock'>
  readonly dispatcher: Dispatcher
  readonly log: Log
}

type Handle = (record: SQSRecord) => Promise<void>

/**
 * Handles a batch of either queue. Groups run at the same time, the messages of one in order; one
 * that fails goes back with the rest of its group, and no other group notices.
 */
export function createDispatch(parts: DispatchParts) {
  const handle = createHandle(parts)
  return async (
    { Records: records }: SQSEvent,
    context: Pick<Context, keyof RemainingTime>,
  ): Promise<SQSBatchResponse> => {
    const deadline = createDeadline(context)
    try {
      const groups = [...Map.groupBy(records, groupOf).values()]
      const left = await Promise.all(
        groups.map((group) => handleGroup(group, handle, deadline, parts.log)),
      )
      return { batchItemFailures: left.flat().map((id) => ({ itemIdentifier: id })) }
    } finally {
      deadline.clear()
    }
  }
}

/** Only messages of a FIFO queue have groups; any other is one of its own. */
function groupOf({ attributes, messageId }: SQSRecord): string {
  return attributes.MessageGroupId ?? messageId
}

/** The ids of the messages that must come again. */
async function handleGroup(
  group: readonly SQSRecord[],
  handle: Handle,
  deadline: Deadline,
  log: Log,
): Promise<readonly string[]> {
  for (const [index, record] of group.entries()) {
    const left = () => group.slice(index).map(({ messageId }) => messageId)
    if (!deadline.allowsStart()) {
      log.warn('not started: too little time is left', { messages: left() })
      return left()
    }
    try {
      await deadline.limit(handle(record))
    } catch (error) {
      const { messageId, eventSourceARN: queue, attributes } = record
      const receiveCount = attributes.ApproximateReceiveCount
      log.error('dispatch failed', { error, messageId, queue, receiveCount, messages: left() })
      return left()
    }
  }
  return []
}

function createHandle({ environment, ports, dispatcher }: DispatchParts): Handle {
  const handles = new Map<string | undefined, Handle>([
    [
      queueName(environment.eventsQueueUrl),
      (event) => dispatcher.dispatchEvent(decodeEvent(event)),
    ],
    [queueName(environment.retriesQueueUrl), (retry) => handleRetry(ports, dispatcher, retry)],
  ])
  return async (record) => {
    const handle = handles.get(record.eventSourceARN.split(':').at(-1))
    if (!handle) throw new Error(`${record.eventSourceARN} is neither queue of this relay`)
    await handle(record)
  }
}

async function handleRetry(
  { queue, clock }: DispatchParts['ports'],
  dispatcher: Dispatcher,
  { body }: SQSRecord,
): Promise<void> {
  const message = decodeRetry(body)
  const { kind } = retryStep(message, clock.now())
  if (kind === 'hop') await queue.sendRetries([message])
  else await dispatcher.dispatchRetry(message)
}

function queueName(url: string): string | undefined {
  return url.split('/').at(-1)
}
