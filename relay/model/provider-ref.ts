import { FLEET } from './fleet.ts'
import { KubernetesName, type KubernetesObject, relayAnnotations } from './kubernetes.ts'
import { nameOf } from './parse-objects.ts'

/** The name of a Provider within a cluster. */
export interface ProviderRef {
  readonly namespace: string
  readonly name: string
}

/** The annotation on an Alert, without its prefix, that takes the place of `spec.providerRef`. */
const PROVIDER_ANNOTATION = 'provider'

/**
 * Reads `platform/slack`, or `_fleet/slack`; undefined when the text is no namespace and name of a Provider.
 */
export function parseProviderRef(text: string): ProviderRef | undefined {
  const [namespace = '', name = '', ...more] = text.trim().split('/')
  const isPlace = namespace === FLEET || isName(namespace)
  return isPlace && isName(name) && more.length === 0 ? { namespace, name } : undefined
}

function isName(text: string): boolean {
  return KubernetesName.safeParse(text).success
}

/** Whether an Alert leads to a Provider of another namespace than its own. */
export function leadsToOtherNamespace(alert: KubernetesObject): boolean {
  const provider = providerRefOf(alert)
  return provider !== undefined && provider.namespace !== nameOf(alert).namespace
}

/**
 * The Provider that an Alert leads to, whether it is there or not: that of its annotation, or else the one of
 * its own namespace that `spec.providerRef` names. Undefined when the manifest names none.
 */
export function providerRefOf(alert: KubernetesObject): ProviderRef | undefined {
  const annotations: unknown = Object(alert.metadata).annotations
  const annotated: unknown = relayAnnotations(Object(annotations))[PROVIDER_ANNOTATION]
  if (typeof annotated === 'string') return parseProviderRef(annotated)
  const name: unknown = Object(Object(alert.spec).providerRef).name
  return typeof name === 'string' ? { namespace: nameOf(alert).namespace, name } : undefined
}
