const API = 'notification.toolkit.fluxcd.io/v1beta3'

/**
 * Bounds a request to a sink, which a test may keep waiting for as long as a busy machine takes for
 * all that goes on meanwhile. Milliseconds, real ones.
 */
const ROUTE_TIMEOUT_MS = 60_000

/** An Alert that takes all Kustomizations, and its Provider; both have this name. */
export interface Route {
  readonly name: string
  /** Of the Provider; its Secret has the route's name. */
  readonly spec: Readonly<Record<string, unknown>>
  readonly secret: Readonly<Record<string, string>>
  /** Further parts of the Alert's spec. */
  readonly alert?: Readonly<Record<string, unknown>>
}

/** A webhook and the statuses of commits, both of one sink. */
export function hooksAndStatuses(url: string): readonly Route[] {
  return [
    { name: 'hooks', spec: { type: 'generic' }, secret: { address: `${url}/hooks` } },
    { name: 'statuses', ...forge(url) },
  ]
}

export function forge(url: string): Omit<Route, 'name'> {
  const spec = { type: 'github', address: `${url}/example/fleet` }
  return { spec, secret: { token: 'ghp_fault_test' } }
}

/** What the sink is asked for a commit's status. */
export function statusLine(commit: string): string {
  return `POST /api/v3/repos/example/fleet/statuses/${commit}`
}

/** A Provider as a cluster sends it. */
export function providerOf({ name, spec }: Route) {
  return {
    apiVersion: API,
    kind: 'Provider',
    metadata: { name, namespace: 'flux-system', uid: name },
    spec: { timeout: `${ROUTE_TIMEOUT_MS / 1_000}s`, secretRef: { name }, ...spec },
  }
}

/** An Alert as a cluster sends it. */
export function alertOf({ name, alert = {} }: Route) {
  return {
    apiVersion: API,
    kind: 'Alert',
    metadata: { name, namespace: 'flux-system', uid: `alert-${name}` },
    spec: {
      providerRef: { name },
      eventSources: [{ kind: 'Kustomization', name: '*' }],
      ...alert,
    },
  }
}
