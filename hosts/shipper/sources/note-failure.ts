import { isGoodEnd } from '../../../relay/model/good-ends.ts'
import { isJsonObject, type JsonObject } from '../../../relay/model/json-value.ts'
import { parseTimeMs } from '../../../relay/model/time.ts'
import type { FailingObjects } from '../spool/failing-objects.ts'
import { isFluxGroup, objectOfEvent, textOf } from './flux-object.ts'

/** The names of objects and namespaces. Others are of nothing that the Kubernetes API has. */
const NAME = /^[a-z0-9][a-z0-9.-]{0,252}$/
/** The names of kinds. */
const KIND = /^[A-Za-z][A-Za-z0-9]{0,62}$/

/**
 * Remembers an object of Flux whose failure an event reports, and forgets it when the event is the end of it. One that
 * is for commit statuses alone is not: nobody else is told of it. `now` counts where the event has no time, in
 * milliseconds since the epoch. Call it within a write.
 */
export function noteFailure(failing: FailingObjects, event: JsonObject, now: number): void {
  const { involvedObject, severity } = event
  const object = objectOfEvent(event)
  if (object === undefined || !isJsonObject(involvedObject) || !isFluxGroup(object.group)) return
  const { group, kind, uid } = object
  const namespace = textOf(involvedObject.namespace)
  const name = textOf(involvedObject.name)
  if (!KIND.test(kind) || !NAME.test(namespace) || !NAME.test(name)) return
  const at = parseTimeMs(textOf(event.timestamp)) ?? now
  const id = { group, kind, namespace, name }
  if (severity === 'error') failing.note({ ...id, uid, failedAt: at })
  else if (isEnd(event, kind) && !isForCommits(event, group)) failing.end(id, at)
}

/** Whether kustomize-controller reports it to commit statuses alone, as each reconciliation that is done. */
function isForCommits({ metadata }: JsonObject, group: string): boolean {
  return isJsonObject(metadata) && metadata[`${group}/commit_status`] === 'update'
}

function isEnd({ severity, reason, reportingController }: JsonObject, kind: string): boolean {
  return isGoodEnd({
    // As the relay reads an event without one.
    severity: textOf(severity) || 'info',
    reason: textOf(reason),
    reportingController: textOf(reportingController),
    involvedObject: { kind },
  })
}
