import type { SQSRecord } from 'aws-lambda'
import type { Clock } from '../../../relay/ports/clock.ts'
import type { SqsHandler } from '../event-source-mapping.ts'
import { arnOf } from './client.ts'
import type { StoredMessage, VirtualQueue } from './queue.ts'

/** Calls of one function by what it queued itself, after which Lambda stops unless it is allowed. */
const CALLS_IN_A_LOOP = 16

const VISIBILITY_S = 360
const TIMEOUT_MS = 60_000
const BATCH_SIZE = 10

export interface LambdaOptions {
  /** The function's setting `RecursiveLoop`. */
  readonly recursiveLoop: 'Allow' | 'Terminate'
  /** By which a call has 60 seconds. */
  readonly clock: Pick<Clock, 'now'>
}

/**
 * Lambda with a function on queues. It counts how often the function was called by what it sent itself,
 * as Lambda does by the lineage in the trace header of a message.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 */
export class VirtualLambda {
  readonly #handler: SqsHandler
  readonly #options: LambdaOptions
  /** Messages that Lambda dropped for a loop: `RecursiveInvocationsDropped`. */
  dropped = 0
  /** The most calls of a chain so far. */
  longestLineage = 0
  calls = 0

  constructor(handler: SqsHandler, options: LambdaOptions) {
    this.#handler = handler
    this.#options = options
  }

  /** One call with what the queue has now; false when it has nothing. */
  async poll(queue: VirtualQueue): Promise<boolean> {
    const received = queue.receive(BATCH_SIZE, VISIBILITY_S)
    const admitted = received.filter((message) => !this.#isLoop(message))
    for (const message of received) {
      if (!admitted.includes(message)) this.#drop(queue, message)
    }
    if (admitted.length === 0) return received.length > 0
    const lineage = Math.max(...admitted.map(lineageOf)) + 1
    this.longestLineage = Math.max(this.longestLineage, lineage)
    const records = admitted.map((message) => recordOf(queue, message))
    const { batchItemFailures } = await this.#call(records, lineage)
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
    for (const { messageId, receiptHandle } of records) {
      if (!failed.has(messageId)) queue.delete(receiptHandle)
    }
    return true
  }

  async #call(Records: SQSRecord[], lineage: number) {
    this.calls += 1
    const before = { ...process.env }
    process.env.AWS_LAMBDA_FUNCTION_NAME = 'flux-relay-test-dispatch'
    process.env._X_AMZN_TRACE_ID = `Root=1-0-0;Parent=0;Sampled=0;Lineage=1:dispatch:${lineage}`
    const { clock } = this.#options
    const endsAt = clock.now() + TIMEOUT_MS
    const context = { getRemainingTimeInMillis: () => endsAt - clock.now() }
    try {
      return await this.#handler({ Records }, context)
    } finally {
      process.env.AWS_LAMBDA_FUNCTION_NAME = before.AWS_LAMBDA_FUNCTION_NAME
      process.env._X_AMZN_TRACE_ID = before._X_AMZN_TRACE_ID
      for (const name of ['AWS_LAMBDA_FUNCTION_NAME', '_X_AMZN_TRACE_ID']) {
        if (before[name] === undefined) delete process.env[name]
      }
    }
  }

  #isLoop(message: StoredMessage): boolean {
    return this.#options.recursiveLoop === 'Terminate' && lineageOf(message) >= CALLS_IN_A_LOOP
  }

  #drop(queue: VirtualQueue, { receipt }: StoredMessage): void {
    this.dropped += 1
    queue.delete(receipt ?? '')
  }
}

function lineageOf({ traceHeader }: StoredMessage): number {
  return Number(/Lineage=\d+:\w+:(\d+)/.exec(traceHeader ?? '')?.[1] ?? 0)
}

function recordOf(queue: VirtualQueue, message: StoredMessage): SQSRecord {
  const { id, receipt = '', MessageBody: body, MessageGroupId, MessageAttributes } = message
  return {
    messageId: id,
    receiptHandle: receipt,
    body,
    attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAt),
      SenderId: 'test',
      ApproximateFirstReceiveTimestamp: String(message.sentAt),
      ...(queue.shape.isFifo === true && { SequenceNumber: message.sequence }),
      ...(MessageGroupId !== undefined && { MessageGroupId }),
    },
    messageAttributes: Object.fromEntries(
      Object.entries(MessageAttributes ?? {}).map(([name, { DataType, StringValue }]) => [
        name,
        {
          ...(StringValue !== undefined && { stringValue: StringValue }),
          ...{ stringListValues: [], binaryListValues: [], dataType: DataType as 'String' },
        },
      ]),
    ),
    md5OfBody: message.md5,
    eventSource: 'aws:sqs',
    eventSourceARN: arnOf(queue),
    awsRegion: 'eu-central-1',
  }
}
