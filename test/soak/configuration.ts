import { KINDS, type Route } from './books.ts'

const API = 'notification.toolkit.fluxcd.io/v1beta3'
const ROUTES: readonly Route[] = ['good', 'faulty', 'hanging']

/** The clusters, and how each one's events come: `shipped` through a shipper. */
export const CLUSTERS = ['bearer', 'signed', 'shipped'] as const
export type ClusterName = (typeof CLUSTERS)[number]

export const OPERATOR_TOKEN = 'soak-operator'

export function tokenOf(cluster: ClusterName): string {
  return `soak-token-${cluster}`
}

/** The content of `--tokens`. */
export function tokensFile(): string {
  const clusters = Object.fromEntries(CLUSTERS.map((name) => [name, [tokenOf(name)]]))
  return JSON.stringify({ operators: [OPERATOR_TOKEN], clusters })
}

/** Puts a cluster's Alerts and Providers: one of each for a route. Throws when they are not taken. */
export async function putConfiguration(
  relay: string,
  cluster: ClusterName,
  destinations: string,
): Promise<void> {
  const answer = await fetch(new URL(`/v1/clusters/${cluster}/config`, relay), {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${tokenOf(cluster)}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      takenAt: new Date().toISOString(),
      alerts: ROUTES.map(alert),
      providers: ROUTES.map((route) => provider(route, destinations)),
    }),
  })
  const said = await answer.text()
  if (answer.status !== 200) throw new Error(`PUT config of ${cluster}: ${answer.status} ${said}`)
}

function provider(route: Route, destinations: string) {
  return {
    ...{ apiVersion: API, kind: 'Provider', metadata: { name: route, namespace: 'soak' } },
    spec: { type: 'generic', address: new URL(route, destinations).href, timeout: '5s' },
  }
}

function alert(route: Route) {
  return {
    ...{ apiVersion: API, kind: 'Alert', metadata: { name: route, namespace: 'soak' } },
    spec: { providerRef: { name: route }, eventSources: [{ kind: KINDS[route], name: '*' }] },
  }
}
