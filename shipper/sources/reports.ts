import type { JsonObject } from '../../relay/intake/json.ts'
import type { EventMemory } from '../spool/event-memory.ts'
import type { HeldEvent } from '../spool/held-events.ts'
import type { SpoolWrite } from '../spool/spool-write.ts'
import { stateOfEvent } from './event-state.ts'

/** A Kubernetes Event waits for its controller's post so long at most; a post is tried for 15 s. */
export const HOLD_MS = 20_000

/** Status and Event are written this near to each other. */
export const STATUS_WINDOW_MS = 5_000

type Memory = Pick<EventMemory, 'held' | 'told' | 'occurrences'>

/** Takes note of what an event that is kept tells of its object; within a write. */
export function tell(memory: Memory, write: SpoolWrite, event: JsonObject): void {
  const state = stateOfEvent(event)
  if (state === undefined) return
  const { object, kind } = state
  const sameState = memory.held
    .ofObject(object)
    .filter(({ source, said }) => source === 'status' && said === state.state)
  if (sameState.length > 0) write.delete(sameState.map(({ sequence }) => sequence))
  if (memory.told.read(object)?.state !== state.state) memory.told.write(object, kind, state)
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
