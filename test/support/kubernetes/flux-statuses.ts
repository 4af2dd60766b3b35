import { START } from '../manual-clock.ts'
import type { Manifest } from './api-object.ts'
import type { TestCluster } from './cluster.ts'
import { PODINFO } from './event-manifests.ts'

/** A status as kustomize-controller writes it. */
export interface StatusFields {
  readonly ready: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  /** Seconds after `START` at which the condition changed. */
  readonly at?: number
  /** The same in milliseconds since the epoch. */
  readonly time?: number
  readonly applied?: string
  readonly attempted?: string
  /** The revision that the condition `Reconciling` names. */
  readonly working?: string
  readonly observedGeneration?: number
  readonly annotations?: Readonly<Record<string, string>>
}

export function kustomizationStatus(fields: StatusFields): Manifest {
  const { ready, reason = 'ReconciliationSucceeded', message = '', at = 0, annotations } = fields
  const changedAt = fields.time ?? START + at * 1_000
  const time = `${new Date(changedAt).toISOString().slice(0, 19)}Z`
  const { apiVersion, kind, namespace, name } = PODINFO
  const condition = { lastTransitionTime: time, observedGeneration: fields.observedGeneration ?? 1 }
  return {
    ...{ apiVersion, kind },
    metadata: { namespace, name, ...(annotations && { annotations }) },
    spec: { path: './apps' },
    status: {
      conditions: [
        ...(fields.working === undefined
          ? []
          : [
              {
                ...{ type: 'Reconciling', status: 'True', reason: 'Progressing', ...condition },
                message: `Fetching manifests for revision ${fields.working} with a timeout of 1m0s`,
              },
            ]),
        { type: 'Ready', status: ready, reason, message, ...condition },
      ],
      ...(fields.applied !== undefined && { lastAppliedRevision: fields.applied }),
      ...(fields.attempted !== undefined && { lastAttemptedRevision: fields.attempted }),
    },
  }
}

/** Writes an object and its status, as a test may. */
export async function applyStatus(cluster: TestCluster, object: Manifest): Promise<void> {
  await cluster.apply(object)
  await cluster.applyStatus(object)
}
