import { START } from '../manual-clock.ts'
import type { Manifest } from './api-object.ts'

export interface EventFields {
  /** Default 1. */
  readonly count?: number
  /** When it occurred for the last time; default `START`. */
  readonly at?: number
  readonly message?: string
  readonly type?: string
  readonly reason?: string
  readonly annotations?: Readonly<Record<string, string>>
  /** Default a Kustomization `flux-system/podinfo`. */
  readonly object?: Readonly<Record<string, string>>
  readonly reporter?: string
}

export const PODINFO = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  namespace: 'flux-system',
  name: 'podinfo',
  uid: '7c2b7d4e-1a3f-4a59-9a1e-0c8f3f1f2d11',
  resourceVersion: '4711',
} as const

/** An Event as client-go's recorder writes it: in whole seconds, with a count. */
export function eventManifest(name: string, fields: EventFields = {}): Manifest {
  const { count = 1, at = START, message = `message of ${name}`, object = PODINFO } = fields
  const reporter = fields.reporter ?? 'kustomize-controller'
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name,
      namespace: object.namespace ?? 'default',
      ...(fields.annotations && { annotations: fields.annotations }),
    },
    involvedObject: object,
    type: fields.type ?? 'Normal',
    reason: fields.reason ?? 'ReconciliationSucceeded',
    message,
    source: { component: reporter, host: `${reporter}-0` },
    reportingComponent: reporter,
    reportingInstance: `${reporter}-0`,
    count,
    firstTimestamp: seconds(START),
    lastTimestamp: seconds(at),
  }
}

/** An Event as the recorder of `events.k8s.io/v1` writes it; with a count it is a series. */
export function newEventManifest(name: string, count?: number, at = START): Manifest {
  const micro = (time: number) => new Date(time).toISOString().replace('Z', '000Z')
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name, namespace: PODINFO.namespace },
    regarding: PODINFO,
    type: 'Warning',
    reason: 'BuildFailed',
    action: 'Reconcile',
    note: `message of ${name}`,
    eventTime: micro(START),
    reportingController: 'kustomize-controller',
    reportingInstance: 'kustomize-controller-0',
    ...(count !== undefined && { series: { count, lastObservedTime: micro(at) } }),
  }
}

function seconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}
