import { hashParts } from '../../model/hash.ts'
import type { Notification } from '../contract.ts'
import { eventJson } from '../messages/event-json.ts'

/**
 * The event as the text of a message. SQS takes the characters of XML alone; JSON escapes those of them that
 * it escapes at all: https://www.w3.org/TR/REC-xml/#charsets
 */
export function eventText({ event }: Notification): string {
  return JSON.stringify(eventJson(event)).replace(
    /[\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16)}`,
  )
}

/** What subscriptions and consumers filter by without reading the event. None is empty. */
export function attributesOf({ cluster, deliveryId, event }: Notification): readonly Attribute[] {
  const { involvedObject, severity, reason } = event
  const { kind, namespace, name } = involvedObject
  return Object.entries({ cluster, deliveryId, kind, name, namespace, reason, severity })
    .map(([key, value]) => [key, value.replace(UNFIT, '\ufffd')] as const)
    .filter(([, value]) => value !== '')
}

export type Attribute = readonly [name: string, value: string]

/** The characters that XML does not have. */
const UNFIT = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu

/** How a FIFO topic or queue keeps the events of an object in order, and drops what it got already. */
export function fifoFields({ cluster, deliveryId, event }: Notification) {
  const { kind, namespace, name } = event.involvedObject
  return {
    MessageGroupId: hashParts(cluster, kind, namespace, name),
    MessageDeduplicationId: deliveryId,
  }
}

/** The bytes that a message counts for: its text, and the names, types and values of its attributes. */
export function messageBytes(text: string, attributes: readonly Attribute[]): number {
  return attributes.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name + value) + 'String'.length,
    Buffer.byteLength(text),
  )
}
