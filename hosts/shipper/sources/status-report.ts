import { MAX_MESSAGE_LENGTH } from '../../../relay/model/event.ts'
import type { JsonObject } from '../../../relay/model/json-value.ts'
import { cutText } from '../../../relay/model/text.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import type { ApiObject } from '../kubernetes/collection.ts'
import type { ApiResource } from '../kubernetes/discovery.ts'
import type { EventMemory } from '../spool/event-memory.ts'
import type { SpooledItem } from '../spool/spool.ts'
import type { SpoolWrite } from '../spool/spool-write.ts'
import { type EventState, isBefore, stateOfEvent } from './event-state.ts'
import { eventText, type WithLabels } from './event-text.ts'
import { noteFailure } from './note-failure.ts'
import type { Ready } from './ready-status.ts'
import { HOLD_MS, STATUS_WINDOW_MS, tell } from './reports.ts'
import type { StatusKind } from './status-kinds.ts'
import { withMetadata } from './unknown-metadata.ts'

/** A condition `Ready` that has changed. */
export interface StatusOf {
  /** The key of the object: kind, namespace and name. */
  readonly key: string
  readonly kind: string
  readonly status: StatusKind
  readonly resource: ApiResource
  readonly object: ApiObject
  readonly ready: Ready
  /** The hash of reason and message. */
  readonly said: string
  /** Whether it comes from a list: it may have been so for long. */
  readonly isListed: boolean
  readonly clock: Pick<Clock, 'now'>
  readonly withLabels: WithLabels
}

/**
 * What the spool does about a status. Events that wait for it get its metadata. If no event
 * reported the state, an event is made from the status, and sent when none has come in time.
 */
export function statusEntry(memory: EventMemory, status: StatusOf): SpooledItem {
  const { key, clock, ready, withLabels } = status
  const event = eventOf(status)
  const state = stateOfEvent(event)
  const body = eventText(event, withLabels) ?? JSON.stringify(event)
  return {
    body,
    admit(write) {
      resolve(memory, write, status)
      if (!isUntold(memory, state, status)) return 'known'
      noteFailure(memory.failing, event, clock.now())
      return 'new'
    },
    admitted(sequence) {
      if (state === undefined) return
      const hold = { object: key, occurrence: null, at: ready.at, said: state.state }
      const flags = { isUnsure: false, isForPost: false, waitMs: HOLD_MS }
      memory.held.hold(sequence, { ...hold, ...flags, source: 'status' }, clock.now())
    },
  }
}

/** Whether no event reported the state of this status, or a later one. Remembers the state, too. */
function isUntold(
  { told }: EventMemory,
  state: EventState | undefined,
  { isListed, ready, clock }: StatusOf,
): boolean {
  if (state === undefined) return false
  const before = told.read(state.object)
  if (before?.state === state.state) return false
  // Its watch is behind that of the Events, which told this state and the one after it.
  if (isBefore(ready.at, before, clock.now())) return false
  told.write(state.object, state.kind, state)
  // What was so before anybody looked is no news.
  return before !== undefined || !isListed
}

function resolve(
  memory: EventMemory,
  write: SpoolWrite,
  { key, ready, said, clock }: StatusOf,
): void {
  const { metadata, at } = ready
  if (metadata === undefined) return
  for (const held of memory.held.ofObject(key)) {
    const isNear = Math.abs(held.at - at) <= STATUS_WINDOW_MS
    if (!held.isUnsure || held.said !== said || !isNear) continue
    write.change(held.sequence, (body) => {
      const changed = withMetadata(body, metadata)
      tell(memory, write, stateOfEvent(changed.event), clock.now())
      return changed.body
    })
    memory.held.resolve(held.sequence)
  }
}

/** The event that the controller would have reported. */
function eventOf({ kind, status, resource, object, ready }: StatusOf): JsonObject {
  const { name, namespace = '', uid, resourceVersion } = object.metadata
  const { group, version } = resource
  return {
    involvedObject: {
      ...{ kind, namespace, name, uid, resourceVersion },
      apiVersion: `${group}/${version}`,
    },
    severity: status.told[ready.reason] ?? (ready.isTrue ? 'info' : 'error'),
    timestamp: new Date(ready.at).toISOString(),
    message: cutText(ready.message, MAX_MESSAGE_LENGTH),
    reason: ready.reason,
    metadata: ready.metadata ?? {},
    reportingController: status.controller,
    reportingInstance: '',
  }
}
