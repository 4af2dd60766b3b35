import { CelError } from '../../cel/cel-error.ts'
import { type Condition, compileCondition } from '../../cel/condition.ts'
import { type Awaitable, whenThere } from '../../model/awaitable.ts'
import { type Expiry, expiresIn, isOver } from '../../model/expiry.ts'
import { endOf, type Silence } from '../../model/silence.ts'
import { DamagedRecord, LaterVersion } from '../../model/stored/errors.ts'
import type { Ports } from '../../ports/ports.ts'
import { readSilences } from './stored-silences.ts'

/** A silence whose condition is compiled. */
export interface CompiledSilence {
  /** Names it: the id of one that a person made, or `Silence/namespace/name`. */
  readonly id: string
  /** What the deliveries note that it holds back: another one once its condition is another one. */
  readonly holdId: string
  readonly reason: string
  readonly condition: Condition
  /** When it ends that is in force at `now`; undefined when it is not. Milliseconds since the epoch. */
  endAt(now: number): number | undefined
}

/** The silences of a cluster, as far as they can be used. */
export interface KnownSilences {
  readonly silences: readonly CompiledSilence[]
  /** Why others have no effect, for people. */
  readonly problems: readonly string[]
}

/** The silences of each cluster, compiled. */
export interface ActiveSilences {
  /** Throws, or rejects, when the store fails. What cannot be read silences nothing. */
  of(cluster: string): Awaitable<KnownSilences>
}

/** What is known of a cluster for which nobody made a silence. */
export const NO_KNOWN_SILENCES: KnownSilences = { silences: [], problems: [] }

/** For what no silence holds back. */
export const NO_SILENCES: ActiveSilences = { of: () => NO_KNOWN_SILENCES }

/** The most compiled silences of all clusters that are kept. Those of the least recently used cluster are forgotten first. */
const MAX_KEPT = 20_000

/** As many silences each cluster counts as at least, so that there is a bound for clusters without any. */
const LEAST_KEPT = 4

/**
 * Reads the silences of clusters. What was read counts for `knownForMs`; 0, for a host whose store answers out
 * of its memory, reads them each time. They are compiled only when they have changed. `maxKept` is how many are kept.
 */
export function createActiveSilences(
  { state, clock }: Pick<Ports, 'state' | 'clock'>,
  knownForMs = 0,
  maxKept = MAX_KEPT,
): ActiveSilences {
  const known = new Map<string, Known>()
  let kept = 0
  const forget = (cluster: string) => {
    const old = known.get(cluster)
    if (old === undefined) return
    known.delete(cluster)
    kept -= keptOf(old)
  }
  const remember = (cluster: string, read: Known) => {
    forget(cluster)
    known.set(cluster, read)
    kept += keptOf(read)
    if (kept <= maxKept) return
    for (const other of known.keys()) {
      if (other !== cluster) forget(other)
      if (kept <= maxKept) return
    }
  }
  return {
    of(cluster) {
      const last = known.get(cluster)
      if (last?.until && !isOver(clock, last.until)) return last.compiled
      const until = knownForMs > 0 ? expiresIn(clock, knownForMs) : undefined
      return whenThere(readKnown({ state }, cluster), (read) => {
        const compiled = last && last.read === read ? last.compiled : compile(read)
        remember(cluster, { read, compiled, until })
        return compiled
      })
    },
  }
}

interface Known {
  readonly read: Read
  readonly compiled: KnownSilences
  /** Until when it counts; undefined when it is read each time. */
  readonly until: Expiry | undefined
}

function keptOf({ compiled }: Known): number {
  return Math.max(compiled.silences.length, LEAST_KEPT)
}

/** Silences, or why they cannot be read. */
export type Read = readonly Silence[] | { readonly problem: string }

/**
 * Reads the silences of a cluster that people made, or says why they have no effect. Throws, or rejects, when the
 * store fails.
 */
export function readKnown(ports: Pick<Ports, 'state'>, cluster: string): Awaitable<Read> {
  try {
    const reading = readSilences(ports, cluster)
    return reading instanceof Promise ? reading.catch(unreadable) : reading
  } catch (error) {
    return unreadable(error)
  }
}

/** Deliveries do not stop at silences that nobody can read. Throws any other error. */
function unreadable(error: unknown): Read {
  if (!(error instanceof DamagedRecord || error instanceof LaterVersion)) throw error
  return { problem: `no silence has an effect: ${error.message}` }
}

function compile(read: Read): KnownSilences {
  if ('problem' in read) return { silences: [], problems: [read.problem] }
  if (read.length === 0) return NO_KNOWN_SILENCES
  const silences: CompiledSilence[] = []
  const problems: string[] = []
  for (const silence of read) {
    const { id, match, reason } = silence
    try {
      const condition = compileCondition(match)
      const endsAt = endOf(silence)
      const endAt = (now: number) => (now < endsAt ? endsAt : undefined)
      silences.push({ id, holdId: id, reason, condition, endAt })
    } catch (error) {
      if (!(error instanceof CelError)) throw error
      problems.push(`the silence ${id} has no effect: ${error.message}`)
    }
  }
  return { silences, problems }
}
