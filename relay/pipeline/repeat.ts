import { z } from 'zod'
import type { QueuedEvent } from '../model/delivery.ts'
import type { Ports, Versioned } from '../ports.ts'
import { fingerprint } from './fingerprint.ts'
import { orderTime } from './order.ts'

/** Another event of the same fingerprint within this time is a repeat. */
export const REPEAT_WINDOW_MS = 5 * 60_000

/** Different messages of one object that are remembered within the window. */
const MAX_REMEMBERED = 64

/** What is remembered of an object: its severity, and what was reported since that began. */
const ObjectState = z.object({
  severity: z.string(),
  seen: z.array(z.object({ fingerprint: z.string(), eventId: z.string(), at: z.number() })),
})
type ObjectState = z.infer<typeof ObjectState>

/** The earlier event that this one repeats. */
export interface Repeat {
  readonly ofEventId: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/**
 * Says whether an event repeats an earlier one of its object: same fingerprint, within five
 * minutes, no other severity in between. Remembers the event when it does not. A redelivered event
 * is no repeat of itself.
 */
export async function findRepeat(ports: Ports, queued: QueuedEvent): Promise<Repeat | undefined> {
  const key = `${queued.cluster}#object#${queued.group}`
  const stored = await ports.state.read(key)
  const state = parseState(stored)
  const at = orderTime(queued)
  const print = fingerprint(queued.event)
  const sameSeverity = state?.severity === queued.event.severity
  const seen = sameSeverity ? state.seen.filter((entry) => isNear(entry.at, at)) : []

  const earlier = seen.find((entry) => entry.fingerprint === print)
  if (earlier) {
    return earlier.eventId === queued.id
      ? undefined
      : { ofEventId: earlier.eventId, at: earlier.at }
  }

  const next: ObjectState = {
    severity: queued.event.severity,
    seen: [...seen, { fingerprint: print, eventId: queued.id, at }].slice(-MAX_REMEMBERED),
  }
  const expiresAt = ports.clock.now() + 2 * REPEAT_WINDOW_MS
  const written = await ports.state.write(key, next, stored?.version ?? 'absent', expiresAt)
  if (!written) throw new Error(`object state of event ${queued.id} changed under its dispatch`)
  return undefined
}

function parseState(stored: Versioned<unknown> | undefined): ObjectState | undefined {
  return stored === undefined ? undefined : ObjectState.parse(stored.value)
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) < REPEAT_WINDOW_MS
}
