import { gunzipSync, gzipSync } from 'node:zlib'
import type { AcceptedEvent, QueuedEvent, RetryMessage } from '../../relay/model/delivery.ts'

/**
 * Most bytes of a message and of a batch, attributes included. SQS takes 1 MiB since August 2025,
 * but queues and emulators made before take this much, and a quarter costs a quarter.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export const MAX_BATCH_BYTES = 262_144

/** Longer bodies are compressed; ten of this length still fit into one batch. */
export const MAX_PLAIN_BYTES = 24_576

/** Most bytes of an event unpacked; the largest request has 3 MiB, and escapes may triple it. */
const MAX_UNPACKED_BYTES = 16 * 1024 * 1024

/** Marks a body that is compressed. */
const ENCODING_ATTRIBUTE = 'encoding'
const GZIP_BASE64 = 'gzip+base64'

/** Bytes that the mark adds to a message: name, type and value count. */
const ENCODING_BYTES = ENCODING_ATTRIBUTE.length + 'String'.length + GZIP_BASE64.length

/** The body of a message as SQS takes it, and its attributes. */
export interface EncodedMessage {
  readonly MessageBody: string
  readonly MessageAttributes?: Record<string, { DataType: 'String'; StringValue: string }>
}

/** A message as a Lambda function receives it; an `SQSRecord` is one. */
export interface ReceivedMessage {
  readonly body: string
  readonly messageAttributes: Readonly<
    Record<string, { readonly stringValue?: string | undefined } | undefined>
  >
  readonly attributes: { readonly SequenceNumber?: string | undefined }
}

/** A message that this program did not send; it will never become a good one. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage'
}

/** The event as a message; undefined when SQS cannot take one of its size. */
export function encodeEvent(event: AcceptedEvent): EncodedMessage | undefined {
  const json = toJson(event)
  if (Buffer.byteLength(json) <= MAX_PLAIN_BYTES) return { MessageBody: json }
  const MessageBody = gzipSync(json).toString('base64')
  if (MessageBody.length + ENCODING_BYTES > MAX_BATCH_BYTES) return undefined
  const encoding = { DataType: 'String', StringValue: GZIP_BASE64 } as const
  return { MessageBody, MessageAttributes: { [ENCODING_ATTRIBUTE]: encoding } }
}

/** Bytes that a message counts for in a batch. */
export function messageBytes({ MessageBody, MessageAttributes }: EncodedMessage): number {
  return Buffer.byteLength(MessageBody) + (MessageAttributes ? ENCODING_BYTES : 0)
}

/** Throws `MalformedMessage`. */
export function decodeEvent({ body, messageAttributes, attributes }: ReceivedMessage): QueuedEvent {
  const encoding = messageAttributes[ENCODING_ATTRIBUTE]?.stringValue
  if (encoding !== undefined && encoding !== GZIP_BASE64) {
    throw new MalformedMessage(`an event has the unknown encoding ${encoding}`)
  }
  const event = parse(encoding === undefined ? body : unpack(body))
  const { SequenceNumber: sequence } = attributes
  if (!isEvent(event)) throw new MalformedMessage('a message is not an event')
  if (sequence === undefined || !/^\d+$/.test(sequence)) {
    throw new MalformedMessage('an event has no sequence number: its queue is not a FIFO queue')
  }
  // JSON leaves a key out that holds undefined.
  return { ...event, objectLabels: event.objectLabels, sequence }
}

/** The body of a retry message. */
export function encodeRetry({ deliveryId, attempt, dueAt }: RetryMessage): string {
  return toJson({ deliveryId, attempt, dueAt })
}

/** Throws `MalformedMessage`. */
export function decodeRetry(body: string): RetryMessage {
  const message = parse(body)
  if (!isRetry(message)) throw new MalformedMessage('a message is not a retry')
  const { deliveryId, attempt, dueAt } = message
  return { deliveryId, attempt, dueAt }
}

/**
 * JSON with nothing that SQS refuses. It takes #x9, #xA, #xD, #x20 to #xD7FF, #xE000 to #xFFFD and
 * #x10000 to #x10FFFF; JSON.stringify itself escapes control characters and lone surrogates. Pairs
 * are escaped too, since not every service that speaks SQS takes those.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
function toJson(value: object): string {
  return JSON.stringify(value).replace(
    /[\uD800-\uDFFF\uFFFE\uFFFF]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16)}`,
  )
}

function unpack(body: string): string {
  try {
    const options = { maxOutputLength: MAX_UNPACKED_BYTES }
    return gunzipSync(Buffer.from(body, 'base64'), options).toString()
  } catch (cause) {
    throw new MalformedMessage('a message cannot be unpacked', { cause })
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new MalformedMessage('a message is not JSON', { cause })
  }
}

function isEvent(value: unknown): value is AcceptedEvent {
  return (
    has(value, { id: 'string', cluster: 'string', group: 'string', acceptedAt: 'number' }) &&
    has(value.event, { message: 'string', severity: 'string', timestamp: 'string' }) &&
    has(value.event, { reason: 'string', metadata: 'object' }) &&
    has(value.event.involvedObject, { kind: 'string', namespace: 'string', name: 'string' }) &&
    (value.objectLabels === undefined || has(value.objectLabels, {}))
  )
}

function isRetry(value: unknown): value is RetryMessage {
  return (
    has(value, { deliveryId: 'string', attempt: 'number', dueAt: 'number' }) &&
    Number.isSafeInteger(value.attempt)
  )
}

/** Whether it is an object with these properties of these types. */
function has(
  value: unknown,
  types: Readonly<Record<string, 'string' | 'number' | 'object'>>,
): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const properties = value as Readonly<Record<string, unknown>>
  return Object.entries(types).every(
    ([name, type]) => properties[name] !== null && typeof properties[name] === type,
  )
}
