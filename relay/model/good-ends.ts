import type { Event } from './event.ts'

/** Of kinds whose objects fetch or build an artifact: each success says that it works again. */
const SOURCE_ENDS = [
  'NewArtifact',
  'ArtifactUpToDate',
  'Succeeded',
  'GitOperationSucceeded',
  'ChartPullSucceeded',
  'ChartPackageSucceeded',
]

/**
 * The reasons of the info events that end a failure, by the kinds of Flux. Not among them: what is done after a
 * failure (`RollbackSucceeded`, `UninstallSucceeded`), what is about something else (`TestSucceeded`,
 * `DriftCorrected`), and what says that work goes on (`Progressing`, `DependencyNotReady`).
 * https://fluxcd.io/flux/components/notification/events/
 */
const GOOD_ENDS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    Kustomization: ['ReconciliationSucceeded'],
    HelmRelease: ['InstallSucceeded', 'UpgradeSucceeded'],
    GitRepository: SOURCE_ENDS,
    OCIRepository: SOURCE_ENDS,
    Bucket: SOURCE_ENDS,
    HelmRepository: SOURCE_ENDS,
    HelmChart: SOURCE_ENDS,
    ExternalArtifact: SOURCE_ENDS,
    ImageRepository: ['Succeeded'],
    ImagePolicy: ['Succeeded'],
    ImageUpdateAutomation: ['Succeeded'],
    ResourceSet: ['ReconciliationSucceeded'],
    FluxInstance: ['ReconciliationSucceeded'],
    // The relay's own, about itself.
    Provider: ['DestinationRecovered'],
    Alert: ['AlertReady'],
    Cluster: ['ClusterHeard'],
  }).map(([kind, reasons]) => [kind, new Set(reasons)]),
)

/** Of kinds that the table does not have. */
const SUCCESS = /Succeeded$/
const NO_GOOD_ENDS: ReadonlySet<string> = new Set([
  'TestSucceeded',
  'RollbackSucceeded',
  'UninstallSucceeded',
])

/** Whether an event says that its object works, so that a failure of it has ended. */
export function isGoodEnd({
  severity,
  reason,
  involvedObject,
}: Pick<Event, 'severity' | 'reason' | 'involvedObject'>): boolean {
  if (severity !== 'info') return false
  const reasons = GOOD_ENDS.get(involvedObject.kind)
  return reasons ? reasons.has(reason) : SUCCESS.test(reason) && !NO_GOOD_ENDS.has(reason)
}
