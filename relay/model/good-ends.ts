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

/** The `reportingController` of an end that the shipper found, since Flux's controllers report none. */
export const SHIPPER_REPORTER = 'flux-relay-shipper'

/** The reason of such an end when its object is gone. */
export const OBJECT_DELETED = 'ObjectDeleted'

/** The reason of the event of the relay that a Provider of which it reported a failure is in use no more. */
export const DESTINATION_UNUSED = 'DestinationUnused'

/** The `reportingController` of the events of the relay about itself. */
export const RELAY_REPORTER = 'flux-relay'

const RELAYS_FOUND_ENDS: ReadonlySet<string> = new Set([OBJECT_DELETED, DESTINATION_UNUSED])

/**
 * Whether an event is the end of a failure that the shipper found in the status of its object, since Flux reports none
 * for some failures: https://github.com/fluxcd/flux2/issues/5738. So is the event of the relay that an object of which it
 * reported a failure is gone, or in use no more.
 */
export function isFoundEnd({
  severity,
  reason,
  reportingController,
}: Pick<Event, 'severity' | 'reason' | 'reportingController'>): boolean {
  if (severity !== 'info') return false
  if (reportingController === SHIPPER_REPORTER) return true
  return reportingController === RELAY_REPORTER && RELAYS_FOUND_ENDS.has(reason)
}

/** Whether an event says that its object works or is gone, so that a failure of it has ended. */
export function isGoodEnd(
  event: Pick<Event, 'severity' | 'reason' | 'reportingController'> & {
    readonly involvedObject: Pick<Event['involvedObject'], 'kind'>
  },
): boolean {
  const { severity, reason, involvedObject } = event
  if (severity !== 'info') return false
  if (isFoundEnd(event)) return true
  const reasons = GOOD_ENDS.get(involvedObject.kind)
  return reasons ? reasons.has(reason) : SUCCESS.test(reason) && !NO_GOOD_ENDS.has(reason)
}
