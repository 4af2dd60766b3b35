import { gunzipSync, gzipSync } from 'node:zlib'
import type { AcceptedEvent, QueuedEvent, RetryMessage } from '../../relay/model/delivery.ts'
import { decodeText, encodeText, storedValue } from '../../relay/model/stored/codec.ts'
import { DamagedRecord } from '../../relay/model/stored/errors.ts'
import { queuedEventCodec } from '../../relay/model/stored/queued-event.ts'
import { retryMessageCodec } from '../../relay/model/stored/retry-message.ts'

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

/** The event as a message; undefined when SQS cannot take one of its size. */
export function encodeEvent(event: AcceptedEvent): EncodedMessage | undefined {
  const json = toJson(queuedEventCodec.encode(event))
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

/** Throws `DamagedRecord` and `LaterVersion`. */
export function decodeEvent({ body, messageAttributes, attributes }: ReceivedMessage): QueuedEvent {
  const encoding = messageAttributes[ENCODING_ATTRIBUTE]?.stringValue
  if (encoding !== undefined && encoding !== GZIP_BASE64) {
    throw new DamagedRecord('queued event', `it has the unknown encoding ${encoding}`)
  }
  const decoded = decodeText(queuedEventCodec, encoding === undefined ? body : unpack(body))
  const { SequenceNumber: sequence } = attributes
  if (sequence === undefined || !/^\d+$/.test(sequence)) {
    throw new DamagedRecord('queued event', 'it has no sequence number: its queue is no FIFO queue')
  }
  return { ...storedValue(queuedEventCodec, decoded, `event ${sequence}`), sequence }
}

/** The body of a retry message. */
export function encodeRetry(message: RetryMessage): string {
  return encodeText(retryMessageCodec, message)
}

/** Throws `DamagedRecord` and `LaterVersion`. */
export function decodeRetry(body: string): RetryMessage {
  return storedValue(retryMessageCodec, decodeText(retryMessageCodec, body), 'a message')
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
    throw new DamagedRecord('queued event', `it cannot be unpacked: ${String(cause)}`)
  }
}
