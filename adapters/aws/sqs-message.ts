import { gunzipSync, gzipSync } from 'node:zlib'
import type { AcceptedEvent, QueuedEvent, RetryMessage } from '../../relay/model/queue-messages.ts'
import { decodeText, encodeText, storedValue } from '../../relay/model/stored/codec.ts'
import { DamagedRecord } from '../../relay/model/stored/errors.ts'
import { queuedEventCodec } from '../../relay/model/stored/queued-event.ts'
import { retryMessageCodec } from '../../relay/model/stored/retry-message.ts'
import { eventSequence } from './event-sequence.ts'

/**
 * The most bytes of a message and of a batch, including attributes. SQS accepts 1 MiB since August
 * 2025, but older queues and emulators accept this much, and a quarter of the size costs a quarter.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export const MAX_BATCH_BYTES = 262_144

/** The longest body that is not compressed; ten of this length fit into one batch. */
export const MAX_PLAIN_BYTES = 24_576

/**
 * The most bytes of an unpacked event. The largest request has 3 MiB, and escapes may triple it.
 */
const MAX_UNPACKED_BYTES = 16 * 1024 * 1024

/** Marks a body that is compressed. */
const ENCODING_ATTRIBUTE = 'encoding'
const GZIP_BASE64 = 'gzip+base64'

/** Tells the place of an event among those of its accept time, unless it is the first. */
const PLACE_ATTRIBUTE = 'place'

/** The body of a message as SQS accepts it, with its attributes. */
export interface EncodedMessage {
  readonly MessageBody: string
  readonly MessageAttributes?: Record<string, MessageAttribute>
}

interface MessageAttribute {
  readonly DataType: 'String' | 'Number'
  readonly StringValue: string
}

/** A message as a Lambda function receives it; an `SQSRecord` is one. */
export interface ReceivedMessage {
  readonly body: string
  readonly messageAttributes: Readonly<
    Record<string, { readonly stringValue?: string | undefined } | undefined>
  >
  readonly attributes: { readonly SequenceNumber?: string | undefined }
}

/** Makes a message of the event at a place among those of its accept time; undefined when it is too large for SQS. */
export function encodeEvent(event: AcceptedEvent, place = 0): EncodedMessage | undefined {
  const json = toJson(queuedEventCodec.encode(event))
  const placed: EncodedMessage['MessageAttributes'] =
    place === 0 ? {} : { [PLACE_ATTRIBUTE]: { DataType: 'Number', StringValue: String(place) } }
  if (Buffer.byteLength(json) <= MAX_PLAIN_BYTES) return withAttributes(json, placed)
  const encoding = { DataType: 'String', StringValue: GZIP_BASE64 } as const
  const packed = gzipSync(json).toString('base64')
  const message = withAttributes(packed, { ...placed, [ENCODING_ATTRIBUTE]: encoding })
  return messageBytes(message) > MAX_BATCH_BYTES ? undefined : message
}

/** SQS takes no empty set of attributes. */
function withAttributes(
  MessageBody: string,
  MessageAttributes: NonNullable<EncodedMessage['MessageAttributes']>,
): EncodedMessage {
  return { MessageBody, ...(Object.keys(MessageAttributes).length > 0 && { MessageAttributes }) }
}

/** The bytes of a message within a batch: of its body, and of names, types and values of its attributes. */
export function messageBytes({ MessageBody, MessageAttributes = {} }: EncodedMessage): number {
  let bytes = Buffer.byteLength(MessageBody)
  for (const [name, { DataType, StringValue }] of Object.entries(MessageAttributes)) {
    bytes += name.length + DataType.length + StringValue.length
  }
  return bytes
}

/** Reads an event. Throws `DamagedRecord` and `LaterVersion`. */
export function decodeEvent({ body, messageAttributes, attributes }: ReceivedMessage): QueuedEvent {
  const encoding = messageAttributes[ENCODING_ATTRIBUTE]?.stringValue
  if (encoding !== undefined && encoding !== GZIP_BASE64) {
    throw new DamagedRecord('queued event', `it has the unknown encoding ${encoding}`)
  }
  const decoded = decodeText(queuedEventCodec, encoding === undefined ? body : unpack(body))
  const { SequenceNumber: sequenceNumber } = attributes
  if (sequenceNumber === undefined || !/^\d+$/.test(sequenceNumber)) {
    throw new DamagedRecord('queued event', 'it has no sequence number: its queue is no FIFO queue')
  }
  const event = storedValue(queuedEventCodec, decoded, `event ${sequenceNumber}`)
  const { acceptedAt } = event
  const place = placeIn(messageAttributes[PLACE_ATTRIBUTE]?.stringValue)
  return { ...event, sequence: eventSequence({ acceptedAt, place, sequenceNumber }) }
}

/** A message of an earlier version has no place, as the first event of its time has none. */
function placeIn(text = '0'): number {
  return /^\d+$/.test(text) ? Number(text) : 0
}

/** The body of a retry message. */
export function encodeRetry(message: RetryMessage): string {
  return encodeText(retryMessageCodec, message)
}

/** Reads a retry message. Throws `DamagedRecord` and `LaterVersion`. */
export function decodeRetry(body: string): RetryMessage {
  return storedValue(retryMessageCodec, decodeText(retryMessageCodec, body), 'a message')
}

/**
 * JSON without characters that SQS refuses. SQS accepts #x9, #xA, #xD, #x20 to #xD7FF, #xE000 to
 * #xFFFD and #x10000 to #x10FFFF; JSON.stringify escapes control characters and lone surrogates.
 * Surrogate pairs are escaped too, since some services with SQS's API refuse them.
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
