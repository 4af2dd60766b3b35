import { CelError } from '../../cel/cel-error.ts'
import { compileCondition } from '../../cel/condition.ts'
import { type Awaitable, whenThere } from '../../model/awaitable.ts'
import { hashParts } from '../../model/hash.ts'
import { endOf, isActive, type Silence } from '../../model/silence.ts'
import { storedValue } from '../../model/stored/codec.ts'
import { silencesCodec } from '../../model/stored/silences.ts'
import type { Ports } from '../../ports/ports.ts'
import { Contention } from '../contention.ts'
import { rememberedValue } from '../damaged-memory.ts'

/** The most silences of a cluster that are in force at once: each is asked about each delivery. */
export const MAX_ACTIVE_SILENCES = 200

/** How long a silence is listed after its end, and the most that are. */
const LISTED_AFTER_MS = 7 * 24 * 3_600_000
const MAX_ENDED_SILENCES = 100

/** The most bytes of all silences of a cluster as JSON. An item of DynamoDB has 400 KB at most. */
const MAX_BYTES = 300_000

/** How often a change is tried again that met the change of another process. */
const MAX_ATTEMPTS = 5

/** Characters of an id. */
const ID_LENGTH = 8

/** The ports that silences need. */
export type SilencePorts = Pick<Ports, 'state' | 'clock'>

/** A silence that a person asks for. Times are milliseconds since the epoch. */
export type WantedSilence = Pick<Silence, 'match' | 'reason' | 'endsAt'> & {
  /** Who asks, if that is known. */
  readonly by?: string | undefined
}

/** The result of asking for a silence. `reason` is for a person. */
export type CreateResult =
  | { readonly kind: 'created'; readonly silence: Silence }
  | { readonly kind: 'refused'; readonly reason: string }

/** Why a condition cannot be that of a silence; undefined when it can. */
export function matchProblem(match: string): string | undefined {
  try {
    compileCondition(match)
    return undefined
  } catch (error) {
    if (error instanceof CelError) return error.message
    throw error
  }
}

/**
 * The silences of a cluster that people made, the newest first. Throws, or rejects, when they cannot be read.
 */
export function readSilences(
  { state }: Pick<Ports, 'state'>,
  cluster: string,
): Awaitable<readonly Silence[]> {
  const key = silencesKey(cluster)
  return whenThere(state.read(key), (stored) => {
    if (!stored) return []
    return storedValue(silencesCodec, silencesCodec.decode(stored.value), key).silences
  })
}

/**
 * Makes a silence, which begins at once. Its condition is one that compiles. Refused when the cluster has too
 * many. Rejects when the store fails.
 */
export async function createSilence(
  ports: SilencePorts,
  cluster: string,
  { match, reason, endsAt, by }: WantedSilence,
): Promise<CreateResult> {
  const now = ports.clock.now()
  const id = hashParts(cluster, String(now), String(ports.clock.random())).slice(0, ID_LENGTH)
  const silence: Silence = {
    ...{ id, match, reason, createdAt: now, endsAt },
    ...(by !== undefined && { createdBy: by }),
  }
  return change<CreateResult>(ports, cluster, (silences) => {
    const active = silences.filter((it) => isActive(it, now))
    if (active.length >= MAX_ACTIVE_SILENCES) {
      const refusal = `the cluster has ${active.length} silences, and no more than ${MAX_ACTIVE_SILENCES} may be in force`
      return { result: { kind: 'refused', reason: refusal } }
    }
    if (bytesOf([silence, ...active]) > MAX_BYTES) {
      const refusal = 'the silences of the cluster are too long together; expire some'
      return { result: { kind: 'refused', reason: refusal } }
    }
    return { silences: [silence, ...silences], result: { kind: 'created', silence } }
  })
}

/**
 * Ends a silence now; one that has ended stays as it is. `by` is who asks, if that is known. Resolves with the
 * silence, or undefined when there is none of this id. Rejects when the store fails.
 */
export async function expireSilence(
  ports: SilencePorts,
  cluster: string,
  id: string,
  by?: string,
): Promise<Silence | undefined> {
  const now = ports.clock.now()
  return change<Silence | undefined>(ports, cluster, (silences) => {
    const silence = silences.find((it) => it.id === id)
    if (silence === undefined || !isActive(silence, now)) return { result: silence }
    const expired = { ...silence, expiry: { at: now, ...(by !== undefined && { by }) } }
    return { silences: silences.map((it) => (it === silence ? expired : it)), result: expired }
  })
}

/** What comes of a change: its result, and all silences after it unless they stay as they are. */
interface Changed<R> {
  readonly silences?: readonly Silence[]
  readonly result: R
}

async function change<R>(
  { state, clock }: SilencePorts,
  cluster: string,
  decide: (silences: readonly Silence[]) => Changed<R>,
): Promise<R> {
  const key = silencesKey(cluster)
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const stored = await state.read(key)
    // Silences that are damaged have no effect, and whoever makes another one begins anew.
    const known = stored && rememberedValue(state, silencesCodec, stored.value, key)
    const { silences, result } = decide(known?.silences ?? [])
    if (silences === undefined) return result
    const now = clock.now()
    const kept = worthKeeping(silences, now)
    const expiresAt = Math.max(now, ...kept.map(endOf)) + LISTED_AFTER_MS
    const value = silencesCodec.encode({ silences: kept })
    if (await state.write(key, value, stored?.version ?? 'absent', expiresAt)) return result
  }
  throw new Contention(`the silences of ${cluster} change all the time`)
}

/** All that are in force, and those that ended last, as far as there is room. */
function worthKeeping(silences: readonly Silence[], now: number): readonly Silence[] {
  const active = silences.filter((silence) => isActive(silence, now))
  const ended = silences
    .filter((silence) => !isActive(silence, now) && endOf(silence) > now - LISTED_AFTER_MS)
    .toSorted((a, b) => endOf(b) - endOf(a))
    .slice(0, MAX_ENDED_SILENCES)
  let bytes = bytesOf(active)
  const room = ended.filter((silence) => {
    bytes += bytesOf([silence])
    return bytes <= MAX_BYTES
  })
  return [...active, ...room].toSorted((a, b) => b.createdAt - a.createdAt)
}

function bytesOf(silences: readonly Silence[]): number {
  return Buffer.byteLength(JSON.stringify(silences))
}

function silencesKey(cluster: string): string {
  return `${cluster}#silences`
}
