import { EVENT_GROUP, UNKNOWN_REVISION } from '../../../relay/model/event.ts'
import { hashParts } from '../../../relay/model/hash.ts'
import { isJsonObject, type JsonObject } from '../../../relay/model/json-value.ts'
import { parseTimeMs } from '../../../relay/model/time.ts'
import type { ToldState } from '../spool/told-states.ts'
import { objectOfEvent, textOf } from './flux-object.ts'
import { statusKindOf } from './status-kinds.ts'

/** The state of an object that an event reports. */
export interface EventState extends ToldState {
  /** The key of the object: kind, namespace and name. */
  readonly object: string
  readonly kind: string
}

/** The longest state, in UTF-16 units. */
const MAX_STATE_LENGTH = 1_000

/**
 * By how much the clock of a controller may be ahead. A state with a later time than that was told before a clock was
 * set back, and orders nothing.
 */
const ALLOWANCE_MS = 60_000

const IMAGE_GROUP = 'image.toolkit.fluxcd.io'

/**
 * The state of its object that a Flux event reports, so that a later status with the same state is
 * recognised. Undefined when it reports none: it is about another kind or an intermediate step, or
 * names no revision.
 */
export function stateOfEvent(
  event: JsonObject,
  object = objectOfEvent(event),
): EventState | undefined {
  if (object === undefined) return undefined
  const { group, kind, key } = object
  const isError = event.severity === 'error'
  const severity = isError ? 'error' : 'info'
  const at = parseTimeMs(textOf(event.timestamp)) ?? 0
  if (group === IMAGE_GROUP) {
    const state = hashParts(severity, textOf(event.message))
    return { object: key, kind, state, isError, at }
  }
  const reason = textOf(event.reason)
  if (statusKindOf(group, kind)?.told[reason] !== severity) return undefined
  const metadata = isJsonObject(event.metadata) ? event.metadata : {}
  const revision = textOf(metadata[`${group}/revision`])
  if (revision === '' || revision === UNKNOWN_REVISION) return undefined
  const commit = textOf(metadata[`${EVENT_GROUP}/commit`])
  const state = [severity, reason, revision, commit].join('\n').slice(0, MAX_STATE_LENGTH)
  return { object: key, kind, state, isError, at }
}

/**
 * Whether an object came into a state at `at`, which is 0 when it is not known, before it came into the one that was
 * told. Both are compared as a status has them, in whole seconds.
 */
export function isBefore(at: number, told: ToldState | undefined, now: number): boolean {
  if (at === 0 || told === undefined || told.at > now + ALLOWANCE_MS) return false
  return Math.floor(at / 1_000) < Math.floor(told.at / 1_000)
}

/** Whether an event that reports this state says something else than what was told before, and nothing of before that. */
export function changesState(state: EventState, told: ToldState | undefined, now: number): boolean {
  return told?.state !== state.state && !isBefore(state.at, told, now)
}
