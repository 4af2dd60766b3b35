import type { EventMemory } from '../spool/event-memory.ts'
import type { HeldEvent } from '../spool/held-events.ts'
import type { SpoolWrite } from '../spool/spool-write.ts'
import { changesState, type EventState } from './event-state.ts'

/**
 * The longest time for which a Kubernetes Event waits for its controller's post. A post is tried
 * for 15 s.
 */
export const HOLD_MS = 20_000

/** The longest time between the writes of a status and of its Event. */
export const STATUS_WINDOW_MS = 5_000

type Memory = Pick<EventMemory, 'held' | 'told' | 'occurrences'>

/**
 * Remembers the state of its object that a stored event reports, unless a later one was told. Call
 * it within a write. `held` are the held events of that object.
 */
export function tell(
  memory: Memory,
  write: SpoolWrite,
  state: EventState | undefined,
  now: number,
  held: readonly HeldEvent[] = state ? memory.held.ofObject(state.object) : [],
): void {
  if (state === undefined) return
  const { object, kind } = state
  const same = held.filter((it) => isReportOf(it, state))
  if (same.length > 0) write.delete(same.map(({ sequence }) => sequence))
  if (!changesState(state, memory.told.read(object), now)) return
  memory.told.write(object, kind, state)
}

/** Whether a held event was made from a status, and reports the same state. */
export function isReportOf({ source, said }: HeldEvent, state: EventState | undefined): boolean {
  return source === 'status' && said === state?.state
}

/**
 * Releases held events. Call it within a write. An event that is released with unknown metadata
 * does not replace a later post, which has them. One that was made from a status stands for the
 * Kubernetes Event of that state, which may be read later.
 */
export function release(
  { occurrences }: Memory,
  write: SpoolWrite,
  events: readonly HeldEvent[],
  now: number,
): void {
  if (events.length === 0) return
  for (const { isUnsure, occurrence, source, object, said: state, at } of events) {
    if (isUnsure && occurrence !== null) occurrences.forget(occurrence)
    if (source === 'status') occurrences.noteState({ object, state, at }, now)
  }
  write.release(events.map(({ sequence }) => sequence))
}
