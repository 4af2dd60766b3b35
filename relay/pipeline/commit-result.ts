import { apiGroup, type Event } from '../model/event.ts'
import type { ProviderType } from '../providers/contract.ts'
import { namedCommit } from '../providers/forges/commit-hash.ts'

/** Whether a type shows how commits fare. */
export function isAboutCommits({ family }: ProviderType): boolean {
  return family === 'commit-status' || family === 'deployment'
}

/**
 * Reasons of info events that do not mean success for the commit that they name: what
 * helm-controller did after a commit failed, or what a reconciliation waits for. As a success they
 * would turn a failed commit green.
 * https://github.com/fluxcd/helm-controller/tree/main/internal/reconcile
 */
const NO_RESULTS: ReadonlySet<string> = new Set([
  'RollbackSucceeded',
  'UninstallSucceeded',
  'DriftCorrected',
  'PendingRelease',
  'DependencyNotReady',
  'HealthCheckCanceled',
])

/**
 * Successes that mean something only after a certain failure: a test passes after a rollback, too.
 */
const ANSWERS: ReadonlyMap<string, string> = new Map([['TestSucceeded', 'TestFailed']])

/** Whether an event tells how its commit fares. */
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
 * Whether an event without a `commit` key is still the result of a commit. Before Flux 2.8
 * kustomize-controller set no such key. The successes of other controllers are about charts and
 * images, and nothing in them tells so.
 */
export function isUnmarkedResult(event: Event): boolean {
  return event.reason === 'ReconciliationSucceeded' && isOfGit(event)
}

/** Whether an event without a `commit` key tells that a commit is being applied. */
export function isUnmarkedProgress(event: Event): boolean {
  return event.reason === 'Progressing' && isOfGit(event)
}

/** Whether an event is that of a Kustomization whose revision is one of Git. */
function isOfGit({ involvedObject, metadata }: Event): boolean {
  if (involvedObject.kind !== 'Kustomization') return false
  const prefix = `${apiGroup(involvedObject)}/`
  const revisions = ['originRevision', 'revision'].flatMap((key) => {
    const value = metadata[prefix + key]
    return value === undefined ? [] : [[key, value] as const]
  })
  const source = { metadata: Object.fromEntries(revisions), kind: involvedObject.kind }
  return 'hash' in namedCommit(source, [40, 64])
}
