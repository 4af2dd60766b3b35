import { type Trouble, troubleCodec } from '../../model/stored/trouble.ts'
import type { Ports } from '../../ports/ports.ts'
import type { ExpectedVersion } from '../../ports/versioned.ts'
import { rememberedValue } from '../damaged-memory.ts'
import { reportSelf, type SelfEvent } from './self-event.ts'

/** What is not heard of again is forgotten, in milliseconds. */
const REMEMBER_MS = 90 * 24 * 3_600_000

export type TroublePorts = Pick<Ports, 'queue' | 'clock' | 'orderTimes' | 'state'>

/** The key of the State item of a trouble. `what` names it within its cluster. */
export function troubleKey(cluster: string, what: string): string {
  return `${cluster}#trouble#${what}`
}

/**
 * Reports once that a trouble began. `since` is in milliseconds since the epoch: what began before the last trouble ended
 * is part of that one. Rejects when a store fails.
 */
export async function beginTrouble(
  ports: TroublePorts,
  key: string,
  since: number,
  event: SelfEvent,
): Promise<void> {
  const known = await readTrouble(ports, key)
  if (known.trouble && !(known.trouble.over && isLater(since, known.trouble, ports))) return
  await reportSelf(ports, [event])
  await writeTrouble(ports, key, { since }, known)
}

/** Whether something began after a trouble had ended. An end that is still to come is of a clock that was set back. */
function isLater(since: number, over: Trouble, { clock }: TroublePorts): boolean {
  return since >= over.since || over.since > clock.now()
}

/**
 * Reports once that a trouble is over, if its beginning was reported; false where it is not over after all. It ended
 * at `at`, in milliseconds since the epoch. Rejects when a store fails.
 */
export async function endTrouble(
  ports: TroublePorts,
  key: string,
  at: number,
  eventSince: (since: number) => SelfEvent | false,
): Promise<void> {
  const known = await readTrouble(ports, key)
  if (known.trouble === undefined || known.trouble.over) return
  const { since } = known.trouble
  const event = eventSince(since)
  if (event === false) return
  await reportSelf(ports, [event])
  await writeTrouble(ports, key, { since: at, over: true }, known)
}

interface KnownTrouble {
  readonly trouble?: Trouble
  readonly version: ExpectedVersion
}

async function readTrouble({ state }: TroublePorts, key: string): Promise<KnownTrouble> {
  const stored = await state.read(key)
  const trouble = stored && rememberedValue(state, troubleCodec, stored.value, key)
  return { version: stored?.version ?? 'absent', ...(trouble && { trouble }) }
}

async function writeTrouble(
  { state, clock }: TroublePorts,
  key: string,
  trouble: Trouble,
  { version }: KnownTrouble,
): Promise<void> {
  const value = troubleCodec.encode(trouble)
  // Whoever has told of it meanwhile has told the same.
  await state.write(key, value, version, clock.now() + REMEMBER_MS)
}
