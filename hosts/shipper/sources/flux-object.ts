import { MAX_MESSAGE_LENGTH } from '../../../relay/model/event.ts'
import { hashParts } from '../../../relay/model/hash.ts'
import { isJsonObject, type JsonObject } from '../../../relay/model/json-value.ts'
import { cutText } from '../../../relay/model/text.ts'

/** The longest key, in UTF-16 units. Each part of a name in Kubernetes has up to 253. */
const MAX_KEY_LENGTH = 1_000

/** The object of an event, as far as its fields are texts. */
export interface NamedObject {
  readonly group: string
  readonly kind: string
  /** The key: kind, namespace and name. */
  readonly key: string
  readonly uid: string
}

/** The object of an event; undefined when the event has none. */
export function objectOfEvent({ involvedObject }: JsonObject): NamedObject | undefined {
  if (!isJsonObject(involvedObject)) return undefined
  const { apiVersion, kind, namespace, name, uid } = involvedObject
  const version = textOf(apiVersion)
  return {
    group: version.slice(0, Math.max(version.indexOf('/'), 0)),
    kind: textOf(kind),
    key: involvedObjectKey(textOf(kind), textOf(namespace), textOf(name)),
    uid: textOf(uid),
  }
}

/**
 * The key of an object. The parts are joined by line ends, which names do not have. It is not a
 * hash, since each post needs it.
 */
export function involvedObjectKey(kind: string, namespace: string, name: string): string {
  return cutText(`${kind}\n${namespace}\n${name}`, MAX_KEY_LENGTH)
}

/** Whether Flux's own controllers report about kinds of this API group. */
export function isFluxGroup(group: string): boolean {
  return group.endsWith('.fluxcd.io')
}

/** A field as the relay reads it. A value that is not a text is read as empty. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? cutText(value, MAX_MESSAGE_LENGTH).toWellFormed() : ''
}

/** The text that helm-controller adds in its Events to the message in the status. */
const LOGS = '\n\nLast Helm logs:\n\n'

/** How many characters of a message are compared. A status keeps about 32,000 bytes of it. */
const COMPARED_LENGTH = 8_000

/**
 * The hash of reason and message. It is the same for an Event and for the condition that was set
 * with it.
 */
export function saidKey(reason: unknown, message: unknown): string {
  const [said = ''] = textOf(message).split(LOGS, 1)
  return hashParts(textOf(reason), said.trimEnd().slice(0, COMPARED_LENGTH))
}
