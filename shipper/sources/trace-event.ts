import { apiGroup, type InvolvedObject } from '../../relay/model/event.ts'

/**
 * What Flux's controllers report at each reconciliation that changes nothing, or beside the event
 * that they post. Their recorder calls that `trace`, posts none of it, and writes it as a Kubernetes
 * Event like all others. By group: reasons, as far as they are never posted.
 * https://pkg.go.dev/github.com/fluxcd/pkg/apis/event/v1beta1#pkg-constants
 */
const REASONS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    'source.toolkit.fluxcd.io',
    new Set([
      'ArtifactUpToDate',
      'BucketOperationSucceeded',
      'CacheOperationFailed',
      'GarbageCollectionSucceeded',
      'GitOperationSucceeded',
      'NoSourceArtifact',
      'ResolvedDependencies',
      'SymlinkUpdateFailed',
      'VerifiedCommit',
    ]),
  ],
])

/** The image controllers have one reason for all that succeeds. */
const IMAGE_GROUP = 'image.toolkit.fluxcd.io'
const NOTHING_NEW = /^no change since last reconciliation\b|\bnext scan in \d/

interface ReportedEvent {
  readonly involvedObject: InvolvedObject
  readonly [field: string]: unknown
}

/** Whether Flux's controllers would not have posted the event. */
export function isTrace({ involvedObject, reason, message }: ReportedEvent): boolean {
  const group = apiGroup(involvedObject)
  if (group === IMAGE_GROUP) return NOTHING_NEW.test(String(message))
  return REASONS.get(group)?.has(String(reason)) === true
}
