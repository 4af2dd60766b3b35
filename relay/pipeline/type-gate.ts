import { apiGroup, EVENT_GROUP, type Event } from '../model/event.ts'
import type { ProviderType } from '../providers/contract.ts'
import {
  isAboutCommits,
  isCommitResult,
  isUnmarkedProgress,
  isUnmarkedResult,
} from './commit-result.ts'

/**
 * The reason why an event does not reach a type; undefined when the type takes it. The event is
 * judged as it was received: an Alert's own metadata changes nothing here.
 */
export function typeGate(event: Event, type: ProviderType): string | undefined {
  if (event.severity === 'trace') return 'events of severity trace are not sent'
  const forCommits = event.metadata[`${apiGroup(event.involvedObject)}/commit_status`] === 'update'
  if (isAboutCommits(type)) {
    const miss = commitMiss(event, forCommits, type)
    if (miss !== undefined) return miss
  } else if (forCommits && !type.takesCommitStatusUpdates) {
    return 'the event is marked for commit statuses only (commit_status: update)'
  }
  if (type.family === 'change-request' && !event.metadata[`${EVENT_GROUP}/change_request`]) {
    return `${type.type} takes events with ${EVENT_GROUP}/change_request only`
  }
  return type.skips?.(event)
}

function commitMiss(event: Event, forCommits: boolean, { type, family }: ProviderType) {
  if (event.severity === 'error') return undefined
  if (event.severity !== 'info') {
    return `${type} takes severity info as a success and error as a failure, and this is ${event.severity}`
  }
  const isForCommits = forCommits || Boolean(event.metadata[`${EVENT_GROUP}/commit`])
  const isUnmarked =
    isUnmarkedResult(event) || (family === 'deployment' && isUnmarkedProgress(event))
  if (!isForCommits && !isUnmarked) {
    return `${type} takes only errors, and info events about a commit`
  }
  return isCommitResult(event) ? undefined : `${event.reason} is not the result of a commit`
}
