import type { SQSRecord } from 'aws-lambda'
import type { MessageVisibility } from '../../adapters/aws/message-visibility.ts'
import type { Fault } from '../../relay/pipeline/dispatch-failure.ts'
import type { Environment } from '../shared/environment.ts'
import type { Log } from '../shared/log.ts'
import { queueUrlOf } from './message.ts'

/** What putting messages back needs. */
export interface PutBackParts {
  readonly environment: Pick<Environment, 'eventsQueueUrl' | 'retriesQueueUrl'>
  readonly visibility: MessageVisibility
  readonly log: Log
}

/** Lets messages of one queue come again after so many seconds. Never rejects: their queue's own time is longer. */
export type ReturnToQueue = (records: readonly SQSRecord[], seconds: number) => Promise<void>

/** After which comes what was only not started. Seconds. */
export const NOT_STARTED_S = 1

/** After which comes what failed the first time; doubled with each receive. Seconds. */
const FIRST_S = 5

/** The queues' own visibility timeout. Seconds. */
export const LONGEST_S = 360

/** Somebody has to deploy a later version again; SQS moves a message away after 50 receives. Seconds. */
export const LATER_VERSION_S = 900

/** How long a message that failed stays away. */
export function secondsAfterFailure({ attributes }: SQSRecord, fault: Fault): number {
  if (fault === 'later-version') return LATER_VERSION_S
  return secondsAfterReceives(Number(attributes.ApproximateReceiveCount))
}

/** How long a message stays away that failed at its so many-th receive. */
export function secondsAfterReceives(receives: number): number {
  return Math.min(LONGEST_S, FIRST_S * 2 ** (Math.max(receives, 1) - 1))
}

/** Puts messages back whose receipts SQS knows. */
export function createPutBack({ environment, visibility, log }: PutBackParts): ReturnToQueue {
  return async (records, seconds) => {
    const [first] = records
    const queueUrl = first && queueUrlOf(environment, first)
    if (queueUrl === undefined) return
    try {
      await visibility.comeBackAfter(queueUrl, records, seconds)
    } catch (error) {
      const messages = records.map(({ messageId }) => messageId)
      log.warn('messages come back later than they should', { error, messages })
    }
  }
}
