import { apiGroup, type Event } from '../model/event.ts'
import { namedCommit } from '../providers/forges/commit-hash.ts'

/**
 * Info events that say nothing good of the commit that they name: what helm-controller did after a
 * commit failed, or what a reconciliation waits for. As a success they would turn a failed commit
 * green. https://github.com/fluxcd/helm-controller/tree/main/internal/reconcile
 */
const NO_RESULTS: ReadonlySet<string> = new Set([
  'RollbackSucceeded',
  'UninstallSucceeded',
  'DriftCorrected',
  'PendingRelease',
  'DependencyNotReady',
  'HealthCheckCanceled',
])

/** Successes that mean something after one failure only: a test passes after a rollback, too. */
const ANSWERS: ReadonlyMap<string, string> = new Map([['TestSucceeded', 'TestFailed']])

/** Whether an event tells how the commit fares that it names. */
export function isCommitResult({ severity, reason }: Event): boolean {
  return severity === 'error' || !NO_RESULTS.has(reason)
}

/**
 * The reason that the last status of the commit must come from for this event to count; undefined
 * for an event that counts after any.
 */
export function answeredReason({ severity, reason }: Event): string | undefined {
  return severity === 'error' ? undefined : ANSWERS.get(reason)
}

/**
 * Whether an event without any mark is the result of a commit: before Flux 2.8 kustomize-controller
 * marked nothing. Other controllers' successes are about charts and images, and say so in no way.
 */
export function isUnmarkedResult({ involvedObject, reason, metadata }: Event): boolean {
  if (involvedObject.kind !== 'Kustomization' || reason !== 'ReconciliationSucceeded') return false
  const prefix = `${apiGroup(involvedObject)}/`
  const revisions = ['originRevision', 'revision'].flatMap((key) => {
    const value = metadata[prefix + key]
    return value === undefined ? [] : [[key, value] as const]
  })
  const source = { metadata: Object.fromEntries(revisions), kind: involvedObject.kind }
  return 'hash' in namedCommit(source, [40, 64])
}
