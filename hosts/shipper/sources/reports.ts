import type { EventMemory } from '../spool/event-memory.ts'
import type { HeldEvent } from '../spool/held-events.ts'
import type { SpoolWrite } from '../spool/spool-write.ts'
import type { EventState } from './event-state.ts'

/** A Kubernetes Event waits for its controller's post so long at most; a post is tried for 15 s. */
export const HOLD_MS = 20_000

/** Status and Event are written this near to each other. */
export const STATUS_WINDOW_MS = 5_000

type Memory = Pick<EventMemory, 'held' | 'told' | 'occurrences'>

/**
 * Takes note of the state that an event that is kept tells of its object; within a write. `held` is
 * what is held of that object.
 */
export function tell(
  memory: Memory,
  write: SpoolWrite,
  state: EventState | undefined,
  held: readonly HeldEvent[] = state ? memory.held.ofObject(state.object) : [],
): void {
  if (state === undefined) return
  const { object, kind } = state
  const same = held.filter((it) => isReportOf(it, state))
  if (same.length > 0) write.delete(same.map(({ sequence }) => sequence))
  if (memory.told.read(object)?.state !== state.state) memory.told.write(object, kind, state)
}

/** Whether an event that is held was made from the status, and says the same. */
export function isReportOf({ source, said }: HeldEvent, state: EventState | undefined): boolean {
  return source === 'status' && said === state?.state
}

/**
 * Lets events go that were held back; within a write. One that goes with unknown metadata does not
 * stand for a post that comes later and has them.
 */
export function release(
  { occurrences }: Memory,
  write: SpoolWrite,
  events: readonly HeldEvent[],
): void {
  if (events.length === 0) return
  for (const { isUnsure, occurrence } of events) {
    if (isUnsure && occurrence !== null) occurrences.forget(occurrence)
  }
  write.release(events.map(({ sequence }) => sequence))
}
