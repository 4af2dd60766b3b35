import type { Event } from '../../model/event.ts'
import { ellipsize } from '../../model/text.ts'
import type { Subject } from '../contract.ts'
import { reasonPhrase } from '../messages/names.ts'

/** What a commit shows of one context. */
export interface CommitStatus {
  readonly state: string
  readonly description: string
}

/** What a commit shows of an event, in at most `maxUnits` UTF-16 units. */
export function descriptionOf(event: Event, maxUnits: number): string {
  return ellipsize(reasonPhrase(event.reason), maxUnits)
}

/** The event with a shorter reason where its description would be cut, so that the ledger tells. */
export function fitDescription(event: Event, maxUnits: number): Event {
  if (reasonPhrase(event.reason).length <= maxUnits) return event
  return { ...event, reason: ellipsize(event.reason, maxUnits) }
}

/** Commits show results, so what is under way is not for them. */
export function skipProgressing(event: Event): string | undefined {
  return event.reason === 'Progressing'
    ? 'a Progressing event is not the result of a commit'
    : undefined
}

/**
 * The subject of a commit status. `url` is that of the commit's statuses, `identity` what tells this
 * one from others there, `extra` what people see of it beside state and description.
 */
export function statusSubject(
  url: string,
  identity: readonly string[],
  status: CommitStatus,
  extra?: string,
): Subject {
  const shown = `${status.state}: ${status.description}`
  return {
    key: JSON.stringify([url, ...identity]),
    shows: extra === undefined ? shown : JSON.stringify([shown, extra]),
  }
}
