import { isJsonObject, type JsonObject } from '../../../relay/api/json.ts'
import { MAX_MESSAGE_LENGTH } from '../../../relay/model/event.ts'
import { hashParts } from '../../../relay/model/hash.ts'
import { cutText } from '../../../relay/model/text.ts'

/** Of a key, in UTF-16 units; the parts of a name in Kubernetes have 253 each. */
const MAX_KEY_LENGTH = 1_000

/** The object that an event is about, as far as its fields are texts. */
export interface NamedObject {
  readonly group: string
  readonly kind: string
  /** Kind, namespace and name. */
  readonly key: string
  readonly uid: string
}

/** Undefined when the event has none. */
export function objectOfEvent({ involvedObject }: JsonObject): NamedObject | undefined {
  if (!isJsonObject(involvedObject)) return undefined
  const { apiVersion, kind, namespace, name, uid } = involvedObject
  const version = textOf(apiVersion)
  return {
    group: version.slice(0, Math.max(version.indexOf('/'), 0)),
    kind: textOf(kind),
    key: objectKey(textOf(kind), textOf(namespace), textOf(name)),
    uid: textOf(uid),
  }
}

/** Of names that have no line ends; no hash, for each post needs it. */
export function objectKey(kind: string, namespace: string, name: string): string {
  return cutText(`${kind}\n${namespace}\n${name}`, MAX_KEY_LENGTH)
}

/** Whether Flux's own controllers report about kinds of this API group. */
export function isFluxGroup(group: string): boolean {
  return group.endsWith('.fluxcd.io')
}

/** A field as the relay reads it; what is no text has none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? cutText(value, MAX_MESSAGE_LENGTH).toWellFormed() : ''
}

/** helm-controller has this in its Events after the message that is in the status. */
const LOGS = '\n\nLast Helm logs:\n\n'

/** A status keeps some 32,000 bytes of a message. */
const COMPARED_LENGTH = 8_000

/** Hash of reason and message, the same for an Event and for the condition that it was made with. */
export function saidKey(reason: unknown, message: unknown): string {
  const [said = ''] = textOf(message).split(LOGS, 1)
  return hashParts(textOf(reason), said.trimEnd().slice(0, COMPARED_LENGTH))
}
