import { createHash } from 'node:crypto'

/** Bytes of an event as it is sent. */
export const EVENT_BYTES = 1_200

/** An event as a kustomize-controller sends it, of 1.2 kB; each number gives another. */
export function sampleEvent(number: number): object {
  const digest = createHash('sha256').update(String(number)).digest('hex')
  const name = `app-${number % 200}`
  const event = {
    involvedObject: {
      kind: 'Kustomization',
      namespace: 'team-payments',
      name,
      uid: `${digest.slice(0, 8)}-${digest.slice(8, 12)}-4c1e-9a7b-${digest.slice(12, 24)}`,
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      resourceVersion: String(1_848_000 + number),
    },
    severity: 'info',
    timestamp: new Date(Date.now() - 1_000).toISOString().replace(/\.\d+/, ''),
    message: '',
    reason: 'ReconciliationSucceeded',
    metadata: {
      'kustomize.toolkit.fluxcd.io/revision': `main@sha1:${digest.slice(0, 40)}`,
      'kustomize.toolkit.fluxcd.io/originRevision': `main@sha1:${digest.slice(24)}`,
      'kustomize.toolkit.fluxcd.io/token': `sha256:${digest}`,
    },
    reportingController: 'kustomize-controller',
    reportingInstance: 'kustomize-controller-7d9c5b6f4d-x2k8p',
  }
  const room = EVENT_BYTES - JSON.stringify(event).length
  return { ...event, message: changes(name, digest).slice(0, room) }
}

/** What Flux reports of an apply: an object and what became of it a line. */
function changes(name: string, digest: string): string {
  const kinds = ['Deployment', 'Service', 'ConfigMap', 'ServiceAccount', 'HorizontalPodAutoscaler']
  const lines = kinds.flatMap((kind, index) => [
    `${kind}/team-payments/${name} configured`,
    `${kind}/team-payments/${name}-${digest.slice(index * 4, index * 4 + 8)} created`,
  ])
  return [
    `Reconciliation finished in ${Number.parseInt(digest.slice(0, 4), 16)}ms, next run in 10m0s`,
    ...lines,
    ...lines,
  ].join('\n')
}
