import type { SQSRecord } from 'aws-lambda'
import type { DeadLetterQueues } from '../../adapters/aws/dead-letter-queues.ts'
import type { DueIndex } from '../../adapters/aws/due-index.ts'
import { decodeRetry } from '../../adapters/aws/sqs-message.ts'
import { unreadableText } from '../../relay/model/stored/errors.ts'
import type { DispatchFailure } from '../../relay/pipeline/dispatch-failure.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import type { Environment } from '../shared/environment.ts'
import type { Log } from '../shared/log.ts'
import { queueUrlOf } from './message.ts'

/** What setting messages aside needs. */
export interface SetAsideParts {
  readonly environment: Pick<Environment, 'eventsQueueUrl' | 'retriesQueueUrl'>
  readonly ports: Pick<Ports, 'queue' | 'clock'>
  readonly deadLetters: DeadLetterQueues
  readonly dueIndex: Pick<DueIndex, 'remove'>
  /** Counts a message that was set aside. */
  readonly onSetAside: () => void
  readonly log: Log
}

/**
 * Sets a message aside. Resolves with true when it is done with, and with false when it must come
 * again.
 */
export type SetMessageAside = (record: SQSRecord, failure: DispatchFailure) => Promise<boolean>

/**
 * Removes the retry that is set aside from the due index; otherwise the sweep would queue it again
 * and again.
 */
async function waitNoMore({ dueIndex }: SetAsideParts, { body }: SQSRecord): Promise<void> {
  try {
    await dueIndex.remove(decodeRetry(body))
  } catch (error) {
    // A message that cannot be read tells of no record.
    if (unreadableText(error) === undefined) throw error
  }
}

/**
 * Moves messages that dispatch rejects for good to the dead-letter queue of their queue, with the
 * cause.
 */
export function createSetAside(parts: SetAsideParts): SetMessageAside {
  const { environment, ports, deadLetters, onSetAside, log } = parts
  return async (record, failure) => {
    const { messageId, eventSourceARN: queue } = record
    const queueUrl = queueUrlOf(environment, record)
    if (!failure.mustBeSetAside || queueUrl === undefined) return false
    const { cause: error, fault } = failure
    const { count = 0, firstAt = ports.clock.now() } = failure.rejections ?? {}
    const reason = { cause: failure.causeText, rejections: count, firstAt }
    try {
      await deadLetters.add(queueUrl, record, reason)
      if (queueUrl === environment.retriesQueueUrl) await waitNoMore(parts, record)
    } catch (problem) {
      log.error('could not be set aside', { error: problem, messageId, queue })
      return false
    }
    onSetAside()
    log.error('set aside; flux-relay replay --queue puts it back', {
      error,
      fault,
      rejections: count,
      messageId,
      queue,
    })
    return true
  }
}
