import { apiGroup, type InvolvedObject } from '../../../relay/model/event.ts'

/** How to recognise an Event that Flux never posts. */
interface TraceRule {
  readonly reason: string
  /** The messages of such Events, if the kind posts others with the same reason. */
  readonly message?: RegExp
  /** The messages that are posted; all others are not. */
  readonly exceptMessage?: RegExp
  /** Whether the event is posted all the same after an error: the object has recovered then. */
  readonly unlessRecovered?: boolean
  /** Whether only a repeat of the object's last event is not posted. */
  readonly onlyRepeated?: boolean
}

/** The rules for what every kind of source reports about its artifact. */
const ARTIFACT_RULES: readonly TraceRule[] = [
  { reason: 'ArtifactUpToDate' },
  { reason: 'GarbageCollectionSucceeded' },
  { reason: 'SymlinkUpdateFailed' },
]

/**
 * What Flux's controllers report at each reconciliation that changes nothing, or in addition to the
 * event that they post. Their recorder calls that `trace`: it does not post it, and writes it as a
 * Kubernetes Event of the type Normal like all others. The rules are by group and kind of the
 * object; `test/fixtures/flux-reports.json` tells their sources.
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

/** The last event of an object that was not a trace event, as far as it is known. */
export interface LastReport {
  readonly isError: boolean
  /** Whether its texts are those of the event in question. */
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
