import { hashParts } from '../../model/hash.ts'
import { type GroupWindow, groupWindowCodec } from '../../model/stored/group-window.ts'
import type { Ports } from '../../ports/ports.ts'
import { Contention } from '../contention.ts'
import { rememberedValue } from '../damaged-memory.ts'

/** A window is remembered for this long after its message is due, in milliseconds. */
const REMEMBER_MS = 25 * 3_600_000

/** The most conflicts of one change. Hundreds of objects may fail in one moment. */
const MAX_CONFLICTS = 50

/**
 * The share of its wait by which a delivery may do without moving a window that another one has just moved. So hundreds
 * that join in one moment need not take turns.
 */
const NEAR = 0.1

/** The key of the State item of a group's window. `bearer`: the UID of the Alert or Provider whose group it is. */
export function windowKey(cluster: string, bearer: string, group: string): string {
  return `${cluster}#window#${hashParts(bearer, group)}`
}

type WindowPorts = Pick<Ports, 'state' | 'clock'>

export interface Joining {
  readonly deliveryId: string
  /** How long the message waits after this delivery, and after the first at most, in milliseconds. */
  readonly waitMs: number
  readonly maxMs: number
  /** The delivery whose message does not tell of this one: its window is over. */
  readonly leftBy?: string | undefined
}

/**
 * Joins the open window of a group, or opens one whose message this delivery sends. Resolves with the
 * window. Rejects when a store fails, and with `Contention` after too many conflicts.
 */
export function joinWindow(
  ports: WindowPorts,
  key: string,
  { deliveryId, waitMs, maxMs, leftBy }: Joining,
): Promise<GroupWindow> {
  return changeWindow(ports, key, (found, conflicts) => {
    const now = ports.clock.now()
    const window = found && withinWait(found, waitMs, now)
    const isOpen = window && !window.closed && window.leader !== leftBy
    if (!isOpen) return { leader: deliveryId, openedAt: now, dueAt: now + waitMs }
    if (window.leader === deliveryId) return window
    const dueAt = Math.max(window.dueAt, Math.min(now + waitMs, window.openedAt + maxMs))
    const spared = conflicts > 0 ? NEAR * waitMs : 0
    return dueAt - window.dueAt <= spared ? window : { ...window, dueAt }
  })
}

/**
 * Closes the window of a group if its message is due, and if it is still this delivery's window. Resolves
 * with the window if it stays open.
 */
export async function closeWindow(
  ports: WindowPorts,
  key: string,
  { deliveryId: leader, waitMs }: Pick<Joining, 'deliveryId' | 'waitMs'>,
): Promise<GroupWindow | undefined> {
  const window = await changeWindow(ports, key, (found) => {
    const isOwn = found?.leader === leader && !found.closed
    if (!isOwn) return found
    const now = ports.clock.now()
    return found.dueAt > now ? withinWait(found, waitMs, now) : { ...found, closed: true }
  })
  return window?.leader === leader && !window.closed ? window : undefined
}

/**
 * Closes the window of a delivery that sends no message of a group after all, whenever it is due: what comes from now on
 * opens another one. Rejects as `joinWindow` does.
 */
export async function leaveWindow(ports: WindowPorts, key: string, leader: string): Promise<void> {
  await changeWindow(ports, key, (found) => {
    return found?.leader === leader && !found.closed ? { ...found, closed: true } : found
  })
}

/** A window as it would be if the clock had never been ahead: no message waits for longer than after one more delivery. */
function withinWait(window: GroupWindow, waitMs: number, now: number): GroupWindow {
  const latest = now + waitMs
  if (window.dueAt <= latest) return window
  return { ...window, openedAt: Math.min(window.openedAt, now), dueAt: latest }
}

async function changeWindow<W extends GroupWindow | undefined>(
  { state, clock }: WindowPorts,
  key: string,
  change: (window: GroupWindow | undefined, conflicts: number) => W,
): Promise<W> {
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts += 1) {
    const stored = await state.read(key)
    const window = stored && rememberedValue(state, groupWindowCodec, stored.value, key)
    const next = change(window, conflicts)
    if (next === undefined || next === window) return next
    const value = groupWindowCodec.encode(next)
    const expiresAt = Math.max(clock.now(), next.dueAt) + REMEMBER_MS
    if (await state.write(key, value, stored?.version ?? 'absent', expiresAt)) return next
  }
  throw new Contention(`group ${key}: too many conflicting changes`)
}
