import type { Event } from '../../model/event.ts'
import { ellipsize } from '../../model/text.ts'
import type { Notification, Subject } from '../contract.ts'
import { reasonPhrase } from '../messages/names.ts'

/** The status of a commit in one context. */
export interface CommitStatus {
  readonly state: string
  readonly description: string
}

/** The description in a commit status, of at most `maxUnits` UTF-16 units: its rule's text in one line, or the reason. */
export function descriptionOf({ event, text }: Notification, maxUnits: number): string {
  const description = text?.replace(/\s+/g, ' ') ?? reasonPhrase(event.reason)
  return ellipsize(description, maxUnits)
}

/** The event with a shorter reason, if its description would be cut. So the ledger tells it. */
export function fitDescription(event: Event, maxUnits: number): Event {
  if (reasonPhrase(event.reason).length <= maxUnits) return event
  return { ...event, reason: ellipsize(event.reason, maxUnits) }
}

/** Why a Progressing event is skipped: commits show results. Undefined for other events. */
export function skipProgressing(event: Event): string | undefined {
  return event.reason === 'Progressing'
    ? 'a Progressing event is not the result of a commit'
    : undefined
}

/**
 * The subject of a commit status. `url` is that of the commit's statuses, `identity` distinguishes
 * this one from others there, and `extra` is what people see of it besides state and description.
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
