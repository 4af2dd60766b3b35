import type { Event } from '../../model/event.ts'
import type { Subject } from '../contract.ts'

/** What a commit shows of one context. */
export interface CommitStatus {
  readonly state: string
  readonly description: string
}

/** Commits show results, so what is under way is not for them. */
export function skipProgressing(event: Event): string | undefined {
  return event.reason === 'Progressing' ? 'a Progressing event is no result of a commit' : undefined
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
