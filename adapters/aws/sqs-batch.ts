import { setTimeout as wait } from 'node:timers/promises'
import {
  SendMessageBatchCommand,
  type SendMessageBatchCommandOutput,
  type SendMessageBatchRequestEntry,
} from '@aws-sdk/client-sqs'
import type { Clock } from '../../relay/ports/clock.ts'
import { type EncodedMessage, MAX_BATCH_BYTES, messageBytes } from './sqs-message.ts'

/** An entry without an id, which is its index in the batch. */
export type BatchEntry = EncodedMessage &
  Pick<SendMessageBatchRequestEntry, 'DelaySeconds' | 'MessageGroupId' | 'MessageDeduplicationId'>

/** The one request for sending; an `SQSClient` has it. */
export interface BatchSender {
  send(command: SendMessageBatchCommand): Promise<SendMessageBatchCommandOutput>
}

export interface SendOptions {
  readonly client: BatchSender
  readonly clock: Clock
  /** Milliseconds before what failed is sent again, doubled each time. */
  readonly backoffMs?: number
}

const MAX_BATCH_ENTRIES = 10

/** How often an entry is sent that SQS fails in a 200 answer. The SDK retries other failures. */
const MAX_TRIES = 4

const DEFAULT_BACKOFF_MS = 100

/** The error for messages that SQS did not accept. They may be sent again. */
export class MessagesNotQueued extends Error {
  override readonly name = 'MessagesNotQueued'
}

/** Cuts entries into batches that SQS accepts, in order. */
export function toBatches<T extends BatchEntry>(
  entries: readonly T[],
): ReadonlyArray<readonly T[]> {
  const batches: T[][] = []
  let bytes = 0
  for (const entry of entries) {
    const batch = batches.at(-1)
    const entryBytes = messageBytes(entry)
    if (batch && batch.length < MAX_BATCH_ENTRIES && bytes + entryBytes <= MAX_BATCH_BYTES) {
      batch.push(entry)
      bytes += entryBytes
    } else {
      batches.push([entry])
      bytes = entryBytes
    }
  }
  return batches
}

/**
 * Sends a batch, and sends the failed entries again. Rejects with `MessagesNotQueued` when some are
 * left. Entries that are sent again come after the others, so the order of the entries must not
 * matter.
 */
export async function sendBatch(
  queueUrl: string,
  batch: readonly BatchEntry[],
  { client, clock, backoffMs = DEFAULT_BACKOFF_MS }: SendOptions,
): Promise<void> {
  let left = batch
  for (let tries = 1; ; tries += 1) {
    const entries = left.map((entry, index) => ({ ...entry, Id: String(index) }))
    const { Successful: successful = [], Failed: failed = [] } = await client.send(
      new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }),
    )
    const sent = new Set(successful.map(({ Id }) => Id))
    left = left.filter((_, index) => !sent.has(String(index)))
    if (left.length === 0) return
    if (tries === MAX_TRIES || failed.some(({ SenderFault }) => SenderFault)) {
      const codes = [...new Set(failed.map(({ Code }) => Code))].join(', ') || 'no answer'
      throw new MessagesNotQueued(
        `${left.length} of ${batch.length} messages were not queued: ${codes}`,
      )
    }
    await wait(backoffMs * 2 ** (tries - 1) * (0.5 + clock.random() / 2))
  }
}
