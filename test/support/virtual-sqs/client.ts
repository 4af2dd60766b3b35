import { SQSClient } from '@aws-sdk/client-sqs'
import type { SentMessage, VirtualQueue } from './queue.ts'

const ACCOUNT = 'https://sqs.eu-central-1.amazonaws.com/000000000000'

/** The address of a queue. */
export function urlOf(queue: VirtualQueue): string {
  return `${ACCOUNT}/${queue.name}`
}

/** The ARN of a queue. */
export function arnOf(queue: VirtualQueue): string {
  return `arn:aws:sqs:eu-central-1:000000000000:${queue.name}`
}

interface WireRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

interface Input {
  readonly QueueUrl: string
  readonly ReceiptHandle?: string
  readonly VisibilityTimeout?: number
  readonly Entries?: ReadonlyArray<SentMessage & ChangedEntry>
}

interface ChangedEntry {
  readonly Id: string
  readonly ReceiptHandle: string
  readonly VisibilityTimeout: number
}

/** Answers one operation; a test may put its own before. */
export type Operation = (queue: VirtualQueue, input: Input, trace: string | undefined) => object

const DECODER = new TextDecoder()

const NOT_IN_FLIGHT = { SenderFault: true, Code: 'MessageNotInflight' }

const OPERATIONS: Readonly<Record<string, Operation>> = {
  SendMessage(queue, input, trace) {
    const { id, md5 } = queue.send(input as unknown as SentMessage, trace)
    return { MessageId: id, MD5OfMessageBody: md5 }
  },
  SendMessageBatch: (queue, { Entries: entries = [] }, trace) => ({
    Successful: entries.map((entry) => {
      const { id, md5 } = queue.send(entry, trace)
      return { Id: entry.Id, MessageId: id, MD5OfMessageBody: md5 }
    }),
    Failed: [],
  }),
  ChangeMessageVisibilityBatch(queue, { Entries: entries = [] }) {
    const results = entries.map(({ Id, ReceiptHandle, VisibilityTimeout }) => ({
      Id,
      isChanged: queue.changeVisibility(ReceiptHandle, VisibilityTimeout),
    }))
    return {
      Successful: results.flatMap(({ Id, isChanged }) => (isChanged ? [{ Id }] : [])),
      Failed: results.flatMap(({ Id, isChanged }) => (isChanged ? [] : [{ Id, ...NOT_IN_FLIGHT }])),
    }
  },
  GetQueueAttributes(queue) {
    const { deadLetters } = queue.shape
    if (!deadLetters) return { Attributes: {} }
    const { queue: target, maxReceiveCount } = deadLetters
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf(target), maxReceiveCount })
    return { Attributes: { RedrivePolicy } }
  },
}

/**
 * The SDK's own client, whose requests these queues answer, trace header included: the SDK puts that of
 * the invocation on each request, and SQS keeps it beside the message.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
export function virtualClient(queues: readonly VirtualQueue[]): SQSClient {
  const byUrl = new Map(queues.map((queue) => [urlOf(queue), queue]))
  const handle = async ({ headers, body }: WireRequest) => {
    const input = JSON.parse(typeof body === 'string' ? body : DECODER.decode(body)) as Input
    const operation = OPERATIONS[headers['x-amz-target']?.split('.')[1] ?? '']
    const queue = byUrl.get(input.QueueUrl)
    if (!operation || !queue) throw new Error(`no answer to ${headers['x-amz-target']}`)
    const answer = operation(queue, input, headers['X-Amzn-Trace-Id'])
    return {
      response: {
        statusCode: 200,
        headers: { 'content-type': 'application/x-amz-json-1.0' },
        body: new TextEncoder().encode(JSON.stringify(answer)),
      },
    }
  }
  return new SQSClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    // Only `handle` is called.
    requestHandler: { handle } as never,
  })
}
