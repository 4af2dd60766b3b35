const API_VERSION = 'notification.toolkit.fluxcd.io/v1beta3'
const NAMESPACE = 'flux-system'
const NAMES = ['orders', 'payments', 'platform', 'search', 'storefront']

/** The Secrets of the cluster that is measured. */
export const SECRETS: readonly string[] = NAMES.map((name) => `${NAMESPACE}/${name}`)

/** As many Alerts of one object each, and the first Provider. */
export function manyAlerts(takenAt: Date, count: number): string {
  const { providers } = JSON.parse(configOf(takenAt)) as { readonly providers: readonly object[] }
  const alerts = Array.from({ length: count }, (_, index) => ({
    apiVersion: API_VERSION,
    kind: 'Alert',
    metadata: { name: `alert-${index}`, namespace: NAMESPACE },
    spec: {
      providerRef: { name: NAMES[0] },
      eventSources: [{ kind: 'Kustomization', name: `app-${index}`, namespace: 'team-payments' }],
      exclusionList: [`.*app-${index} (revision|digest) [0-9a-f]+ applied`],
    },
  }))
  return JSON.stringify({ takenAt: takenAt.toISOString(), providers, alerts })
}

/** Five Providers with a Secret each, and five Alerts of which one takes the events that are sent. */
export function configOf(takenAt: Date): string {
  return JSON.stringify({
    takenAt: takenAt.toISOString(),
    providers: NAMES.map((name) => ({
      ...{ apiVersion: API_VERSION, kind: 'Provider', metadata: { name, namespace: NAMESPACE } },
      spec: { type: 'generic', secretRef: { name } },
    })),
    alerts: NAMES.map((name) => ({
      ...{ apiVersion: API_VERSION, kind: 'Alert', metadata: { name, namespace: NAMESPACE } },
      spec: {
        providerRef: { name },
        eventSources: [{ kind: 'Kustomization', name: '*', namespace: `team-${name}` }],
      },
    })),
  })
}
