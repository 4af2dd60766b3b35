import { createHash } from 'node:crypto'

/** Objects of one kind, as they are listed: made when they are asked for. */
export interface ServedKind {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly count: number
  readonly object: (index: number) => ServedObject
}

export interface ServedObject {
  readonly metadata: Readonly<Record<string, unknown>>
  readonly [field: string]: unknown
}

export const KUSTOMIZATIONS = 10_000
export const KUBERNETES_EVENTS = 10_000

const KUSTOMIZE_API = 'kustomize.toolkit.fluxcd.io'
const NOTIFICATION_API = 'notification.toolkit.fluxcd.io'
const NAMESPACES = 100
const MADE_AT = new Date(Date.now() - 3_600_000).toISOString()

/** What the cluster of a benchmark has: an Alert selects Kustomizations by one of their labels. */
export const SERVED_KINDS: readonly ServedKind[] = [
  {
    ...{ group: KUSTOMIZE_API, version: 'v1', kind: 'Kustomization', plural: 'kustomizations' },
    count: KUSTOMIZATIONS,
    object: kustomization,
  },
  {
    ...{ group: '', version: 'v1', kind: 'Event', plural: 'events' },
    count: KUBERNETES_EVENTS,
    object: kubernetesEvent,
  },
  {
    ...{ group: NOTIFICATION_API, version: 'v1beta3', kind: 'Alert', plural: 'alerts' },
    count: 1,
    object: () => ({
      metadata: metadata('Alert', 'flux-system', 'production'),
      spec: {
        providerRef: { name: 'chat' },
        eventSources: [{ kind: 'Kustomization', name: '*', matchLabels: { stage: 'production' } }],
      },
    }),
  },
  {
    ...{ group: NOTIFICATION_API, version: 'v1beta3', kind: 'Provider', plural: 'providers' },
    count: 1,
    object: () => ({
      metadata: metadata('Provider', 'flux-system', 'chat'),
      spec: { type: 'generic', address: 'http://127.0.0.1:9/' },
    }),
  },
]

/** Names a Kustomization as events do. */
export function involvedKustomization(index: number) {
  const [namespace, name] = [`team-${index % NAMESPACES}`, `app-${index}`]
  const uid = uidOf('Kustomization', namespace, name)
  return { apiVersion: `${KUSTOMIZE_API}/v1`, kind: 'Kustomization', namespace, name, uid }
}

function kustomization(index: number): ServedObject {
  const { kind, namespace, name } = involvedKustomization(index)
  const labels = {
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/part-of': namespace,
    stage: index % 2 === 0 ? 'production' : 'test',
  }
  const spec = { interval: '10m', path: `./apps/${name}`, prune: true, sourceRef: { name: 'flux' } }
  return { metadata: { ...metadata(kind, namespace, name), labels }, spec }
}

function kubernetesEvent(index: number): ServedObject {
  const { namespace, name, ...object } = involvedKustomization(index % KUSTOMIZATIONS)
  return {
    metadata: metadata('Event', namespace, `${name}.17a2b3c4d5e6f708`),
    involvedObject: { ...object, namespace, name, resourceVersion: '1' },
    type: 'Normal',
    reason: 'ReconciliationSucceeded',
    message: `Reconciliation finished in 412ms, next run in 10m0s: ${name}`,
    source: { component: 'kustomize-controller' },
    reportingComponent: 'kustomize-controller',
    reportingInstance: '',
    count: 1,
    firstTimestamp: MADE_AT,
    lastTimestamp: MADE_AT,
    eventTime: null,
  }
}

function metadata(kind: string, namespace: string, name: string) {
  return {
    ...{ name, namespace, uid: uidOf(kind, namespace, name) },
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: MADE_AT,
    // Most of what a server sends of an object's metadata.
    managedFields: [
      {
        ...{ manager: 'kustomize-controller', operation: 'Apply', time: MADE_AT },
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:metadata': { 'f:labels': { 'f:stage': {} } }, 'f:spec': { 'f:path': {} } },
      },
    ],
  }
}

function uidOf(...parts: readonly string[]): string {
  const hex = createHash('sha256').update(parts.join('/')).digest('hex')
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
