import { parseJson } from '../../../relay/api/json.ts'
import { UNKNOWN_REVISION } from '../../../relay/model/event.ts'
import { isJsonObject, type JsonObject } from '../../../relay/model/json-value.ts'
import { objectOfEvent, textOf } from './flux-object.ts'
import { statusKindOf } from './status-kinds.ts'

/** The message of a Kustomization's success, which is meant for commits only. */
const FOR_COMMITS = /^Reconciliation finished in \S+, next run in \S+$/

/**
 * The metadata of an Event whose annotations are lost, or belong to an earlier occurrence. If
 * events of this kind name a revision, it is marked as unknown.
 */
export function unknownMetadata(event: JsonObject): Readonly<Record<string, string>> {
  const object = objectOfEvent(event)
  const kind = object && statusKindOf(object.group, object.kind)
  if (!kind?.namesRevision(textOf(event.reason), event.severity === 'error')) return {}
  const isForCommits = FOR_COMMITS.test(textOf(event.message))
  return {
    ...(isForCommits && { [`${kind.group}/commit_status`]: 'update' }),
    [`${kind.group}/revision`]: UNKNOWN_REVISION,
  }
}

/** A spooled event, with or without labels, with other metadata: its JSON text, and its event. */
export function withMetadata(
  body: string,
  metadata: Readonly<Record<string, string>>,
): { readonly body: string; readonly event: JsonObject } {
  const parsed = parseJson(body)
  const value = 'value' in parsed && isJsonObject(parsed.value) ? parsed.value : {}
  const { event: labelled } = value
  if (!isJsonObject(labelled)) {
    const event = { ...value, metadata }
    return { body: JSON.stringify(event), event }
  }
  const event = { ...labelled, metadata }
  return { body: JSON.stringify({ ...value, event }), event }
}
