import { isOfFleet } from '../model/fleet.ts'
import { namespacedName } from '../model/kubernetes.ts'
import type { ProviderRef } from '../model/provider-ref.ts'
import { annotationField } from '../model/rule-annotations.ts'
import type { CompiledAlert } from './compiled-alert.ts'
import type { CompiledProvider, RoutingTable } from './routing-table.ts'
import { isIn } from './rules/namespaces.ts'

/**
 * Where an Alert leads. `not-found`: there is no such Provider, or it is not valid. `denied`: the Alert may not
 * use it.
 */
export type ProviderRoute =
  | { readonly kind: 'found'; readonly name: string; readonly provider: CompiledProvider }
  | { readonly kind: 'not-found'; readonly name: string; readonly reason: string }
  | {
      readonly kind: 'denied'
      readonly name: string
      readonly reason: string
      /** Absent when the option of the relay denies it, whatever the Provider says. */
      readonly provider?: CompiledProvider
    }

/** What decides about the way from an Alert to its Provider, beside the two. */
export interface RouteOptions {
  /** Whether an Alert takes only events of its own namespace, and uses only Providers of it. */
  readonly noCrossNamespaceRefs: boolean
}

/** The Provider that an Alert names: by its annotation, or else by its spec in its own namespace. */
export function providerRefOf({ alert, rules }: CompiledAlert): ProviderRef {
  const { namespace } = alert.metadata
  return rules.provider ?? { namespace, name: alert.spec.providerRef.name }
}

/** The name of an Alert's Provider among the `providers` of its table. */
export function providerNameOf(alert: CompiledAlert): string {
  return namespacedName(providerRefOf(alert))
}

/** What an Alert finds its Provider in: a table, or what is to be one. */
export type ProviderPlace = Pick<RoutingTable, 'cluster' | 'providers'>

/** Finds the Provider of an Alert among those of its cluster and of the fleet, if the Alert may use it. */
export function routeOf(
  compiled: CompiledAlert,
  { cluster, providers }: ProviderPlace,
  { noCrossNamespaceRefs }: RouteOptions,
): ProviderRoute {
  const { namespace } = compiled.alert.metadata
  const ref = providerRefOf(compiled)
  const name = namespacedName(ref)
  const isOwn = ref.namespace === namespace
  if (!isOwn && noCrossNamespaceRefs && !isOfFleet(ref)) {
    const reason = `Provider ${name} is in another namespace than the Alert, which the option no-cross-namespace-refs forbids`
    return { kind: 'denied', name, reason }
  }
  const provider = providers.get(name)
  if (provider === undefined) {
    return { kind: 'not-found', name, reason: `Provider ${name} does not exist or is not valid` }
  }
  if (isOfFleet(ref)) {
    const reason = fleetDenial(provider, cluster)
    return reason === undefined
      ? { kind: 'found', name, provider }
      : { kind: 'denied', name, provider, reason }
  }
  const { allowedNamespaces = [] } = provider.rules
  if (isOwn || isIn(allowedNamespaces, namespace)) return { kind: 'found', name, provider }
  const annotation = annotationField('allow-namespaces')
  const reason = `Provider ${name} does not allow Alerts of the namespace ${namespace}: its ${annotation} says which it allows`
  return { kind: 'denied', name, reason, provider }
}

/** Why a Provider of the fleet is not for a cluster; undefined when it is. */
export function fleetDenial(
  { provider, rules }: CompiledProvider,
  cluster: string,
): string | undefined {
  if (isIn(rules.allowedClusters ?? [], cluster)) return undefined
  const annotation = annotationField('allow-clusters')
  return `Provider ${namespacedName(provider.metadata)} does not allow the cluster ${cluster}: its ${annotation} says which it allows`
}
