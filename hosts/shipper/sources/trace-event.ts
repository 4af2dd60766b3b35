import { apiGroup, type InvolvedObject } from '../../../relay/model/event.ts'

/** How an Event that Flux never posts is told apart from one that it does. */
interface TraceRule {
  readonly reason: string
  /** Only messages like this, where the kind posts others with the same reason. */
  readonly message?: RegExp
  /** All messages but these. */
  readonly exceptMessage?: RegExp
  /** Posted all the same when the last event of the object was an error: then it has recovered. */
  readonly unlessRecovered?: boolean
  /** Only when the object's last event said the same. */
  readonly onlyRepeated?: boolean
}

/** What every kind of source writes about its artifact. */
const ARTIFACT_RULES: readonly TraceRule[] = [
  { reason: 'ArtifactUpToDate' },
  { reason: 'GarbageCollectionSucceeded' },
  { reason: 'SymlinkUpdateFailed' },
]

/**
 * What Flux's controllers report at each reconciliation that changes nothing, or beside the event
 * that they post. Their recorder calls that `trace`, posts none of it, and writes it as a Kubernetes
 * Event of the type Normal like all others. By group and kind of the object;
 * `test/fixtures/flux-reports.json` says where each is from.
 * https://pkg.go.dev/github.com/fluxcd/pkg/apis/event/v1beta1#pkg-constants
 */
const RULES: Readonly<Record<string, readonly TraceRule[]>> = {
  'source.toolkit.fluxcd.io/Bucket': ARTIFACT_RULES,
  'source.toolkit.fluxcd.io/GitRepository': [
    ...ARTIFACT_RULES,
    { reason: 'GitOperationSucceeded' },
    { reason: 'NoArtifact' },
    { reason: 'NotFound' },
    // Of a verification; a recovery has the same reason and is posted.
    { reason: 'Succeeded', message: /^verified signature of\b/ },
    // Up to source-controller 1.0.
    { reason: 'VerifiedCommit' },
  ],
  'source.toolkit.fluxcd.io/HelmChart': [
    ...ARTIFACT_RULES,
    { reason: 'CacheOperationFailed' },
    { reason: 'NoSourceArtifact' },
    { reason: 'ResolvedDependencies' },
  ],
  'source.toolkit.fluxcd.io/HelmRepository': [
    ...ARTIFACT_RULES,
    { reason: 'CacheOperationFailed' },
  ],
  'source.toolkit.fluxcd.io/OCIRepository': [...ARTIFACT_RULES, { reason: 'AuthenticationFailed' }],
  'source.extensions.fluxcd.io/ArtifactGenerator': [
    { reason: 'Ready', exceptMessage: /^external artifacts reconciled: / },
    { reason: 'ReconciliationDisabled' },
  ],
  'helm.toolkit.fluxcd.io/HelmRelease': [
    { reason: 'HelmChartConfigured' },
    { reason: 'HelmChartCreated' },
    { reason: 'HelmChartDeleted' },
    { reason: 'HelmChartSyncErr' },
  ],
  // The image controllers have one reason for all that succeeds.
  'image.toolkit.fluxcd.io/ImageRepository': [
    { reason: 'Succeeded', message: /\bnext scan in \d/ },
  ],
  'image.toolkit.fluxcd.io/ImagePolicy': [{ reason: 'Succeeded', onlyRepeated: true }],
  'image.toolkit.fluxcd.io/ImageUpdateAutomation': [
    { reason: 'Succeeded', message: /^no change since last reconciliation\b/ },
    { reason: 'Succeeded', message: /^repository up-to-date$/, unlessRecovered: true },
  ],
}

interface ReportedEvent {
  readonly involvedObject: InvolvedObject
  readonly severity?: unknown
  readonly reason?: unknown
  readonly message?: unknown
}

/** The last event of an object that was not trace, as far as it is known. */
export interface LastReport {
  readonly isError: boolean
  /** Whether it said the same as the event that is asked about. */
  readonly isSame: boolean
}

/** Whether Flux's controllers would not have posted the event. */
export function isTrace(event: ReportedEvent, last?: LastReport): boolean {
  const { involvedObject, severity, reason, message } = event
  // Every warning is posted.
  if (severity === 'error') return false
  const rules = RULES[`${apiGroup(involvedObject)}/${involvedObject.kind}`] ?? []
  return rules.some((rule) => {
    if (rule.reason !== reason) return false
    if (rule.message?.test(String(message)) === false) return false
    if (rule.exceptMessage?.test(String(message)) === true) return false
    if (rule.onlyRepeated === true && last?.isSame !== true) return false
    return !(rule.unlessRecovered === true && last?.isError === true)
  })
}
