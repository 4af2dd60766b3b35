import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { dispatchFailureOf } from '../../relay/pipeline/dispatch-failure.ts'
import type { RemainingTime } from '../shared/call-time.ts'
import type { FailureReports } from '../shared/failure-reports.ts'
import { aboutOf } from './about.ts'
import { createDeadline, type Deadline } from './deadline.ts'
import { groupsOf } from './groups.ts'
import { type Group, inParts } from './in-parts.ts'
import { createMessageHandler, type HandleMessage, type MessageParts } from './message.ts'
import {
  createPutBack,
  NOT_STARTED_S,
  type PutBackParts,
  type ReturnToQueue,
  secondsAfterFailure,
} from './put-back.ts'
import { createSetAside, type SetAsideParts, type SetMessageAside } from './set-aside.ts'

/** What dispatching needs. */
export interface DispatchParts extends MessageParts, SetAsideParts, PutBackParts, FailureReports {}

/** What to do with one message: `handle` it, and what to do when that is not possible. */
interface Handling {
  readonly handle: HandleMessage
  readonly setAside: SetMessageAside
  readonly putBack: ReturnToQueue
}

/**
 * Handles a batch of either queue. Groups run at the same time, and the messages of a group in
 * order. A failed message goes back with the rest of its group, and does not affect other groups.
 * After a message that is set aside, the rest of its group continues. Where a message may have killed
 * an earlier call, half of the groups are left to other calls.
 */
export function createDispatch(parts: DispatchParts) {
  const handling = {
    handle: createMessageHandler(parts),
    setAside: createSetAside(parts),
    putBack: createPutBack(parts),
  }
  return async (
    { Records: records }: SQSEvent,
    context: Pick<Context, keyof RemainingTime>,
  ): Promise<SQSBatchResponse> => {
    const deadline = createDeadline(context)
    const { now, later } = inParts(groupsOf(records), parts.ports.clock)
    try {
      // First: what is handled may kill this call too.
      const others = await leaveToOthers(later, now, handling, parts)
      const left = await Promise.all(
        now.map((group) => handleGroup(group, handling, deadline, parts)),
      )
      const failed = [...others, ...left.flat()]
      return { batchItemFailures: failed.map((id) => ({ itemIdentifier: id })) }
    } finally {
      deadline.clear()
    }
  }
}

/** Puts back what other calls are left to handle. Resolves with its ids. */
async function leaveToOthers(
  later: readonly Group[],
  now: readonly Group[],
  { putBack }: Handling,
  { log }: FailureReports,
): Promise<readonly string[]> {
  if (later.length === 0) return []
  const left = later.flat()
  await putBack(left, NOT_STARTED_S)
  log.warn('a call with these messages may have been killed: half are left to other calls', {
    handled: now.flat().map(aboutOf),
    left: left.map(aboutOf),
  })
  return left.map(({ messageId }) => messageId)
}

/** Handles a group. Resolves with the ids of the messages that must come again. */
async function handleGroup(
  group: readonly SQSRecord[],
  { handle, setAside, putBack }: Handling,
  deadline: Deadline,
  { log, onFailed }: FailureReports,
): Promise<readonly string[]> {
  for (const [index, record] of group.entries()) {
    const left = () => group.slice(index).map(({ messageId }) => messageId)
    if (!deadline.allowsStart()) {
      log.warn('not started: too little time is left', { messages: left() })
      await putBack(group.slice(index), NOT_STARTED_S)
      return left()
    }
    try {
      await deadline.limit(handle(record, index > 0))
    } catch (thrown) {
      const failure = dispatchFailureOf(thrown)
      // It rejects when the invocation has to end first: the message comes again.
      const isDone = await deadline.limit(setAside(record, failure)).catch(() => false)
      if (isDone) continue
      const { cause: error, fault, rejections } = failure
      const { messageId, eventSourceARN: queue, attributes } = record
      const receiveCount = attributes.ApproximateReceiveCount
      log.error('dispatch failed', {
        error,
        fault,
        ...(rejections && { rejections: rejections.count }),
        messageId,
        queue,
        receiveCount,
        messages: left(),
      })
      onFailed()
      // What is behind it comes with it: none of its group overtakes it.
      await putBack(group.slice(index), secondsAfterFailure(record, fault))
      return left()
    }
  }
  return []
}
