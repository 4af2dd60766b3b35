import { EVENT_GROUP } from '../../../relay/model/event.ts'
import { isJsonObject, type JsonObject } from '../../../relay/model/json-value.ts'
import { parseTimeMs } from '../../../relay/model/time.ts'
import type { ApiObject } from '../kubernetes/collection.ts'
import { textOf } from './flux-object.ts'
import type { StatusKind } from './status-kinds.ts'

/** The condition `Ready` of an object, and what its status has about it. */
export interface Ready {
  readonly isTrue: boolean
  readonly reason: string
  readonly message: string
  /** When status, reason or message changed, in milliseconds since the epoch. */
  readonly at: number
  /**
   * The metadata, as an event about it would have them; undefined when the status does not tell the
   * revision.
   */
  readonly metadata: Readonly<Record<string, string>> | undefined
}

/** How far the controller is with an object. */
export type ObjectStatus =
  | { readonly phase: 'none' }
  /**
   * `Ready` is Unknown. `attempt` is the revision that the controller is working on, if the status
   * names it.
   */
  | { readonly phase: 'working'; readonly attempt?: string }
  | { readonly phase: 'ready'; readonly ready: Ready }

/**
 * A revision of an artifact in a message, as in `Fetching manifests for revision main@sha1:… with a
 * timeout`.
 */
const REVISION = /(?:^|\s)(\S{0,300}sha(?:1|256):[0-9a-f]{40,64})(?:\s|$)/

/**
 * Reads the status of an object. `attempt` is the revision that the controller was working on
 * before.
 */
export function readStatus(
  kind: StatusKind,
  object: ApiObject,
  attempt: string | undefined,
): ObjectStatus {
  const status = isJsonObject(object.status) ? object.status : {}
  const conditions = conditionsOf(object)
  const ready = conditions.find(isReady)
  if (!ready) return { phase: 'none' }
  if (ready.status === 'Unknown') {
    const reconciling = conditions.find(({ type }) => type === 'Reconciling')
    const named = REVISION.exec(textOf(reconciling?.message))?.[1] ?? attempt
    return { phase: 'working', ...(named !== undefined && { attempt: named }) }
  }
  const at = parseTimeMs(textOf(ready.lastTransitionTime))
  if (at === undefined || (ready.status !== 'True' && ready.status !== 'False')) {
    return { phase: 'none' }
  }
  const isTrue = ready.status === 'True'
  const [reason, message] = [textOf(ready.reason), textOf(ready.message)]
  const own = kind.metadata(status, { isTrue, reason, attempt })
  const metadata = own && {
    ...annotationsOf(object, ready),
    ...Object.fromEntries(
      Object.entries(own).flatMap(([key, value]) =>
        value === undefined ? [] : [[`${kind.group}/${key}`, value]],
      ),
    ),
  }
  return { phase: 'ready', ready: { isTrue, reason, message, at, metadata } }
}

/** Whether the condition `Ready` of an object is about its spec as it is now, as far as it says so. */
export function isCurrent(object: ApiObject): boolean {
  const ready = conditionsOf(object).find(isReady)
  return ready !== undefined && isOfNow(object, ready)
}

function conditionsOf({ status }: ApiObject): readonly JsonObject[] {
  if (!isJsonObject(status) || !Array.isArray(status.conditions)) return []
  return status.conditions.filter(isJsonObject)
}

function isReady({ type }: JsonObject): boolean {
  return type === 'Ready'
}

function isOfNow({ metadata }: ApiObject, { observedGeneration }: JsonObject): boolean {
  return observedGeneration === undefined || observedGeneration === metadata.generation
}

/**
 * The annotations that Flux adds to every event of an object, unless they may have changed since
 * the condition.
 */
function annotationsOf(object: ApiObject, ready: JsonObject): Record<string, string> {
  const { annotations } = object.metadata
  if (!isOfNow(object, ready) || !isJsonObject(annotations)) return {}
  return Object.fromEntries(
    Object.entries(annotations).filter(
      (entry): entry is [string, string] =>
        entry[0].startsWith(`${EVENT_GROUP}/`) && typeof entry[1] === 'string',
    ),
  )
}
