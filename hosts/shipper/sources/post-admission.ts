import { isJsonObject, type JsonObject } from '../../../relay/model/json-value.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import type { HeldEvent } from '../spool/held-events.ts'
import type { Spool, SpooledItem } from '../spool/spool.ts'
import type { SpoolWrite } from '../spool/spool-write.ts'
import { ALL_KINDS } from '../spool/watches.ts'
import { stateOfEvent } from './event-state.ts'
import { objectOfEvent, textOf } from './flux-object.ts'
import { occurrenceOf } from './occurrence.ts'
import { isReportOf, release, tell } from './reports.ts'

/**
 * Returns the `admit` function for a posted event; undefined when the event is stored in any case.
 */
export type PostAdmission = (event: JsonObject) => SpooledItem['admit']

export interface PostAdmissionOptions {
  readonly spool: Pick<Spool, 'memory'>
  /** The kinds whose Kubernetes Events are watched too, or `*`. */
  readonly kinds: readonly string[]
  readonly clock: Pick<Clock, 'now'>
}

/**
 * Admits posted events that the watch of Kubernetes Events has not brought already. If the watch
 * brought the event and it is still held, the post replaces it, since the post has all metadata.
 */
export function createPostAdmission(options: PostAdmissionOptions): PostAdmission {
  const { kinds, clock } = options
  const { memory } = options.spool
  const isAll = kinds.includes(ALL_KINDS)
  return (event) => {
    if (!isAll && !kinds.some((kind) => kind === kindOf(event))) return undefined
    const occurrence = occurrenceOf(event)
    const object = objectOfEvent(event)
    if (occurrence === undefined || object === undefined) return undefined
    const controller = textOf(event.reportingController)
    const state = stateOfEvent(event, object)
    const now = clock.now()
    return (write) => {
      memory.posters.note(controller, now)
      const admitted = memory.occurrences.admit('sink', occurrence, now)
      const held = memory.held.ofObject(object.key)
      const own = admitted.isNew ? [] : held.filter((it) => isOneOf(it, admitted.matched))
      if (!admitted.isNew && own.length === 0) return 'known'
      replace(own, write)
      tell(memory, write, state, now, held)
      // A controller posts one event after the other: what it posted earlier will not come.
      const last = Math.max(occurrence.at, ...own.map(({ at }) => at))
      const isGone = (it: HeldEvent) => own.includes(it) || isReportOf(it, state)
      release(
        memory,
        write,
        held.filter((it) => it.at <= last && !isGone(it)),
        now,
      )
      return own.length > 0 ? 'replaces' : 'new'
    }
  }

  function replace(own: readonly HeldEvent[], write: SpoolWrite): void {
    if (own.length === 0) return
    write.delete(own.map(({ sequence }) => sequence))
    for (const { occurrence } of own) {
      if (occurrence !== null) memory.occurrences.singleOut(occurrence)
    }
  }
}

function isOneOf({ occurrence }: HeldEvent, numbers: readonly number[]): boolean {
  return occurrence !== null && numbers.includes(occurrence)
}

function kindOf({ involvedObject }: JsonObject): unknown {
  return isJsonObject(involvedObject) ? involvedObject.kind : undefined
}
