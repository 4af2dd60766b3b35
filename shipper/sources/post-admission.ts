import { isJsonObject, type JsonObject } from '../../relay/intake/json.ts'
import type { Clock } from '../../relay/ports.ts'
import type { Entry, Spool } from '../spool/spool.ts'
import { ALL_KINDS } from '../spool/watches.ts'
import { occurrenceOf } from './occurrence.ts'

/** Gives what the spool asks about an event that was posted; undefined keeps it whatever came. */
export type PostAdmission = (event: JsonObject) => Entry['admit']

export interface PostAdmissionOptions {
  readonly spool: Pick<Spool, 'memory'>
  /** Kinds whose Kubernetes Events are watched too, or `*`. */
  readonly kinds: readonly string[]
  readonly clock: Pick<Clock, 'now'>
}

/** Keeps posted events that the watch of Kubernetes Events did not bring already. */
export function createPostAdmission(options: PostAdmissionOptions): PostAdmission {
  const { kinds, clock } = options
  const { occurrences } = options.spool.memory
  const isAll = kinds.includes(ALL_KINDS)
  return (event) => {
    if (!isAll && !kinds.some((kind) => kind === kindOf(event))) return undefined
    const occurrence = occurrenceOf(event)
    if (occurrence === undefined) return undefined
    const now = clock.now()
    return () => occurrences.admit('sink', occurrence, now)
  }
}

function kindOf({ involvedObject }: JsonObject): unknown {
  return isJsonObject(involvedObject) ? involvedObject.kind : undefined
}
