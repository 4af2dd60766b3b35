import type { Decided, DeliveryRecord, Final, Status, Waiting } from '../../model/delivery.ts'
import type { FinalOutcome } from '../../model/outcomes.ts'
import type { Digest, GroupMessage } from '../../model/stored/group-message.ts'
import type { Ports } from '../../ports/ports.ts'
import { readSoundBare } from '../sound-records.ts'
import type { Gathering } from './gathering.ts'
import {
  dissolveMessage,
  isInMessage,
  type Leader,
  makeAlone,
  makeMessage,
  readStored,
  tellsOf,
} from './messages.ts'
import { closeWindow, joinWindow, leaveWindow } from './windows.ts'

/** How much later than the message a delivery looks what became of it. */
const LOOK_AFTER_MS = 1_000

/** How long a delivery waits for a leader whose record is not there: its event is dispatched again. */
const LOST_AFTER_MS = 10 * 60_000

/** How long a delivery waits at most until it looks again at a leader that its destination wakes, or that is being sent. */
const LOOK_AGAIN_MS = 10 * 60_000

/** For how long a delivery looks whenever its window may be over: as long as windows last by default. */
const LOOKS_OFTEN_FOR_MS = 5 * 60_000

/** By which share of what it has waited beyond that it may look later. */
const LOOKS_LATER_BY = 0.25

type GroupPorts = Pick<Ports, 'state' | 'clock' | 'ledger'>

/** What a group makes of a delivery. */
export type Grouped =
  /** It is sent as any other. `note` says why the rule has no effect. */
  | { readonly kind: 'alone'; readonly note?: string }
  /** It waits until then (milliseconds since the epoch) for the message of the delivery `leader`. */
  | { readonly kind: 'waits'; readonly leader: string; readonly until: number }
  /** It sends the message of its group. */
  | { readonly kind: 'leads'; readonly digest: Digest }
  | Ended

/** The message of its group told of it, or will never be told. */
export interface Ended {
  readonly kind: 'ended'
  readonly leader: string
  readonly outcome: FinalOutcome
  readonly reason: string
}

/**
 * Decides about a delivery that may be told together with others, now or when it comes back. All of a group
 * wait until its message is due; the first one sends it, and the others end as that one ends. `leader` is the
 * delivery, and what it needs if it sends the message. Without a `gathering`, as after its rule was removed,
 * nothing joins a group any more. Rejects when a store fails.
 */
export function group(
  ports: GroupPorts,
  leader: Leader,
  gathering: Gathering | undefined,
): Promise<Grouped> {
  const { record } = leader
  const { toldIn, id } = record
  if (toldIn === undefined) return join(ports, record, gathering)
  return toldIn === id ? lead(ports, leader, gathering) : follow(ports, record, toldIn, gathering)
}

async function join(
  ports: GroupPorts,
  { id }: DeliveryRecord<Status>,
  gathering: Gathering | undefined,
  leftBy?: string,
): Promise<Grouped> {
  if (gathering === undefined) return { kind: 'alone' }
  const { window, ...times } = gathering
  if ('error' in window) {
    return { kind: 'alone', note: `the rule group-by has no effect, as it failed: ${window.error}` }
  }
  const { leader, dueAt } = await joinWindow(ports, window.key, {
    deliveryId: id,
    ...times,
    leftBy,
  })
  return { kind: 'waits', leader, until: leader === id ? dueAt : dueAt + LOOK_AFTER_MS }
}

async function lead(
  ports: GroupPorts,
  leader: Leader,
  gathering: Gathering | undefined,
): Promise<Grouped> {
  const { id } = leader.record
  if (gathering === undefined) return leadAlone(ports, leader.record)
  const { window, least, waitMs } = gathering
  const own = { deliveryId: id, waitMs }
  const open = 'key' in window ? await closeWindow(ports, window.key, own) : undefined
  if (open) return { kind: 'waits', leader: id, until: open.dueAt }
  return leads(await makeMessage(ports, leader, least))
}

/**
 * The message of a delivery that joins no group: that of its group, if it was made before. If it was to be made, the
 * delivery is told alone from now on, the window of `gathering` is no more, and whoever waits for it joins another one.
 */
export async function leadAlone(
  ports: Pick<Ports, 'state' | 'clock'>,
  { cluster, id, toldIn }: DeliveryRecord<Status>,
  gathering?: Gathering,
): Promise<Grouped> {
  if (toldIn !== id) return { kind: 'alone' }
  if (gathering && 'key' in gathering.window) await leaveWindow(ports, gathering.window.key, id)
  return leads(await makeAlone(ports, cluster, id))
}

function leads({ digest }: GroupMessage): Grouped {
  return digest ? { kind: 'leads', digest } : { kind: 'alone' }
}

async function follow(
  ports: GroupPorts,
  record: DeliveryRecord<Status>,
  leader: string,
  gathering: Gathering | undefined,
): Promise<Grouped> {
  const now = ports.clock.now()
  const { message, version } = await readStored(ports, record.cluster, leader)
  const isIn = message !== undefined && tellsOf(message, record.id)
  if (message && !isIn) return join(ports, record, gathering, leader)
  if (message && !message.digest) return { kind: 'alone' }
  const [stored] = await readSoundBare(ports, [leader])
  const { status, chainStartedAt = now } = stored?.value ?? {}
  if (status !== undefined && tellsNobody(status, now)) {
    const isLeft = await dissolveMessage(ports, record.cluster, leader, version)
    // What the leader does now is another question.
    return isLeft
      ? join(ports, record, gathering, leader)
      : follow(ports, record, leader, gathering)
  }
  if (status?.kind === 'waiting') {
    return waitsFor(leader, status, now - chainStartedAt, record, now)
  }
  if (status === undefined && now - record.updatedAt < LOST_AFTER_MS) {
    return { kind: 'waits', leader, until: now + LOST_AFTER_MS }
  }
  if (status === undefined || !isIn) return join(ports, record, gathering, leader)
  // Another one may have left the leader since the message was read, and the leader have told of itself alone.
  const isTold = await isInMessage(ports, record, leader)
  return isTold ? endedWith(leader, status) : join(ports, record, gathering, leader)
}

/**
 * How a delivery ends with the message of its group: it ended, or waits while a message that tells of it is being sent;
 * undefined when none does. It asks no rule and no Alert, as these may have changed since. Rejects when a store fails.
 */
export async function toldWith(
  ports: GroupPorts,
  record: DeliveryRecord<Status>,
  leader: string,
): Promise<Grouped | undefined> {
  const now = ports.clock.now()
  const [stored] = await readSoundBare(ports, [leader])
  if (stored === undefined) return undefined
  const { status, chainStartedAt } = stored.value
  if (tellsNobody(status, now) || !(await isInMessage(ports, record, leader))) return undefined
  return status.kind === 'waiting'
    ? waitsFor(leader, status, now - chainStartedAt, record, now)
    : endedWith(leader, status)
}

function waitsFor(
  leader: string,
  status: Waiting,
  triedForMs: number,
  record: DeliveryRecord<Status>,
  now: number,
): Grouped {
  const until = Math.max(lookAt(status, triedForMs, now), soonestLook(record, now))
  return { kind: 'waits', leader, until }
}

function endedWith(leader: string, { outcome, reason }: Final): Ended {
  const told = `in the message of delivery ${leader.slice(0, 12)}: ${reason}`
  return { kind: 'ended', leader, outcome, reason: told }
}

/**
 * Whether a leader stays behind with the message: it is skipped, as its Alert is gone or has a new rule, or it waits for
 * something that is missing, though nothing is for whoever asks. Where several Alerts are told in one message, that of
 * the leader may have a mistake of its own. One that is due was perhaps woken, as what was missing has come.
 */
function tellsNobody(status: Decided, now: number): boolean {
  if (status.kind === 'waiting') return status.why === 'configuration' && status.dueAt > now
  return isLeftBehind(status)
}

function isLeftBehind({ outcome }: Final): boolean {
  return outcome !== 'delivered' && outcome !== 'dead'
}

/**
 * The earliest time for a delivery to look at its leader again. Each event moves a window by `group-wait`, for a day at
 * most: hundreds that have joined it would all look, and be written, as often.
 */
function soonestLook({ heldMs = 0 }: DeliveryRecord<Status>, now: number): number {
  const laterMs = Math.max(heldMs - LOOKS_OFTEN_FOR_MS, 0) * LOOKS_LATER_BY
  return now + Math.min(Math.round(laterMs), LOOK_AGAIN_MS)
}

/**
 * When to look at a leader that waits. One that is due is being sent, and a service that hangs may take a minute for
 * that. What its destination wakes has the end of its tries as its due time, and is sent as soon as that works again.
 * Of both somebody looks the later the longer it lasts: thousands may look, and each look is a write.
 */
function lookAt({ dueAt, destination }: Waiting, triedForMs: number, now: number): number {
  if (destination === undefined && dueAt > now) return dueAt + LOOK_AFTER_MS
  const lastedMs = destination === undefined ? now - dueAt - LOOK_AFTER_MS : triedForMs
  return now + Math.min(Math.max(lastedMs, 0), LOOK_AGAIN_MS) + LOOK_AFTER_MS
}
