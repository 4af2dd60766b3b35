import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import type { Log } from '../shared/log.ts'
import { createDeadline, type Deadline, type RemainingTime } from './deadline.ts'
import { groupsOf } from './groups.ts'
import { createMessageHandler, type HandleMessage, type MessageParts } from './message.ts'

/** What dispatching needs. */
export interface DispatchParts extends MessageParts {
  readonly log: Log
}

/**
 * Handles a batch of either queue. Groups run at the same time, the messages of one in order; one
 * that fails goes back with the rest of its group, and no other group notices.
 */
export function createDispatch(parts: DispatchParts) {
  const handle = createMessageHandler(parts)
  return async (
    { Records: records }: SQSEvent,
    context: Pick<Context, keyof RemainingTime>,
  ): Promise<SQSBatchResponse> => {
    const deadline = createDeadline(context)
    try {
      const left = await Promise.all(
        groupsOf(records).map((group) => handleGroup(group, handle, deadline, parts.log)),
      )
      return { batchItemFailures: left.flat().map((id) => ({ itemIdentifier: id })) }
    } finally {
      deadline.clear()
    }
  }
}

/** The ids of the messages that must come again. */
async function handleGroup(
  group: readonly SQSRecord[],
  handle: HandleMessage,
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
