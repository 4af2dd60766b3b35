import { isJsonObject, type JsonObject } from '../../../relay/model/json-value.ts'

/** Metadata of an event without the prefix of its group. Undefined values are left out. */
export type StatusMetadata = Readonly<Record<string, string | undefined>>

/** What a status is read by: its condition `Ready`, when that is True or False. */
export interface ReadyResult {
  readonly isTrue: boolean
  readonly reason: string
  /** The revision that the controller was working on before, if it said so. */
  readonly attempt: string | undefined
}

/** What the status of a kind tells that its controller would have reported in an event. */
export interface StatusKind {
  readonly group: string
  readonly controller: string
  /** The severity of the event that is made when none came, by the reason of the condition. */
  readonly told: Readonly<Record<string, 'info' | 'error'>>
  /** Whether events with this reason name a revision at all. */
  readonly namesRevision: (reason: string, isError: boolean) => boolean
  /**
   * The metadata in a status; undefined when it does not tell the revision that the condition is
   * about.
   */
  readonly metadata: (status: JsonObject, conclusion: ReadyResult) => StatusMetadata | undefined
}

/**
 * Reasons with which `status.lastAttemptedRevision` is that of the current reconciliation. With
 * others it may be an earlier one.
 */
const AFTER_ATTEMPT: ReadonlySet<string> = new Set([
  'BuildFailed',
  'HealthCheckFailed',
  'PruneFailed',
  'ReconciliationFailed',
])

/**
 * The status of Kustomizations:
 * https://fluxcd.io/flux/components/kustomize/api/v1/#kustomize.toolkit.fluxcd.io/v1.KustomizationStatus
 */
const KUSTOMIZATION: StatusKind = {
  group: 'kustomize.toolkit.fluxcd.io',
  controller: 'kustomize-controller',
  told: {
    ReconciliationSucceeded: 'info',
    BuildFailed: 'error',
    HealthCheckFailed: 'error',
    PruneFailed: 'error',
    ReconciliationFailed: 'error',
  },
  namesRevision: () => true,
  metadata(status, { isTrue, reason, attempt }) {
    if (isTrue) {
      return withRevision({
        revision: textAt(status, 'lastAppliedRevision'),
        originRevision: textAt(status, 'lastAppliedOriginRevision'),
        // As the event of a success is marked.
        commit_status: 'update',
      })
    }
    const attempted = AFTER_ATTEMPT.has(reason)
      ? textAt(status, 'lastAttemptedRevision')
      : undefined
    const revision = attempt ?? attempted
    return withRevision({ revision, originRevision: originOf(status, revision) })
  },
}

/** The origin of a revision. The history has it for each revision that was applied or tried. */
function originOf({ history }: JsonObject, revision: string | undefined): string | undefined {
  if (!Array.isArray(history)) return undefined
  const metadata = history.filter(isJsonObject).map((entry) => entry.metadata)
  const own = metadata.filter(isJsonObject).find((entry) => entry.revision === revision)
  return own && textAt(own, 'originRevision')
}

const RELEASE_REASON = /^(?:Install|Upgrade|Test|Rollback|Uninstall)(?:Succeeded|Failed)$/

/**
 * The status of HelmReleases:
 * https://fluxcd.io/flux/components/helm/api/v2/#helm.toolkit.fluxcd.io/v2.HelmReleaseStatus
 */
const HELM_RELEASE: StatusKind = {
  group: 'helm.toolkit.fluxcd.io',
  controller: 'helm-controller',
  told: {
    InstallSucceeded: 'info',
    UpgradeSucceeded: 'info',
    TestSucceeded: 'info',
    RollbackSucceeded: 'info',
    InstallFailed: 'error',
    UpgradeFailed: 'error',
    TestFailed: 'error',
  },
  namesRevision: (reason) => RELEASE_REASON.test(reason) || reason.startsWith('Drift'),
  metadata(status, { reason }) {
    if (!RELEASE_REASON.test(reason)) return {}
    if (reason === 'InstallFailed' || reason === 'UpgradeFailed') {
      return withRevision({
        revision: textAt(status, 'lastAttemptedRevision'),
        'oci-digest': textAt(status, 'lastAttemptedRevisionDigest'),
      })
    }
    // Of the release that it did not get back to.
    if (reason === 'RollbackFailed') return undefined
    const [latest] = Array.isArray(status.history) ? status.history : []
    if (!isJsonObject(latest)) return undefined
    return withRevision({
      revision: textAt(latest, 'chartVersion'),
      'app-version': textAt(latest, 'appVersion'),
      'oci-digest': textAt(latest, 'ociDigest'),
    })
  },
}

/**
 * The status of sources:
 * https://fluxcd.io/flux/components/source/api/v1/#source.toolkit.fluxcd.io/v1.GitRepositoryStatus
 */
const SOURCE: StatusKind = {
  group: 'source.toolkit.fluxcd.io',
  controller: 'source-controller',
  told: {},
  // What fails is about no revision.
  namesRevision: (_, isError) => !isError,
  metadata({ artifact }, { isTrue }) {
    if (!isTrue) return {}
    if (!isJsonObject(artifact)) return undefined
    return withRevision({ revision: textAt(artifact, 'revision') })
  },
}

/** The kinds whose status replaces what Kubernetes Events lose. */
export const STATUS_KINDS: Readonly<Record<string, StatusKind>> = {
  Kustomization: KUSTOMIZATION,
  HelmRelease: HELM_RELEASE,
  Bucket: SOURCE,
  GitRepository: SOURCE,
  HelmChart: SOURCE,
  HelmRepository: SOURCE,
  OCIRepository: SOURCE,
}

export function statusKindOf(group: string, kind: string): StatusKind | undefined {
  const found = STATUS_KINDS[kind]
  return found?.group === group ? found : undefined
}

function withRevision(metadata: StatusMetadata): StatusMetadata | undefined {
  return metadata.revision === undefined ? undefined : metadata
}

function textAt(fields: JsonObject, name: string): string | undefined {
  const value = fields[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
