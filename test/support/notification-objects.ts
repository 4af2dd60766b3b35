import { NOTIFICATION_GROUP } from '../../relay/model/kubernetes.ts'

const NAMESPACE = 'flux-system'

/** A Provider of flux-system that is ready, unless parts of its spec say otherwise. */
export function providerObject(
  name: string,
  spec: Readonly<Record<string, unknown>> = {},
  version = 'v1beta3',
) {
  return {
    apiVersion: `${NOTIFICATION_GROUP}/${version}`,
    kind: 'Provider',
    metadata: { namespace: NAMESPACE, name },
    spec: { type: 'generic', address: 'https://a.test/hook', ...spec },
  }
}

/** An Alert of flux-system for all Kustomizations, unless parts of its spec say otherwise. */
export function alertObject(
  name: string,
  spec: Readonly<Record<string, unknown>> = {},
  version = 'v1beta3',
) {
  return {
    apiVersion: `${NOTIFICATION_GROUP}/${version}`,
    kind: 'Alert',
    metadata: { namespace: NAMESPACE, name },
    spec: {
      providerRef: { name: 'slack' },
      eventSources: [{ kind: 'Kustomization', name: '*' }],
      ...spec,
    },
  }
}
