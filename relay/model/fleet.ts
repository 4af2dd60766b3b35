/**
 * What stands in the place of a cluster's name in the stores for what the relay keeps for all clusters, and in
 * the place of the namespace in the names of those Providers: `_fleet/slack`. It is no DNS label, so no cluster and
 * no namespace has this name.
 */
export const FLEET = '_fleet'

/** The namespace in whose place the fleet's Secrets are stored. */
export const FLEET_SECRETS_NAMESPACE = 'fleet'

/** Whether an object is of the fleet, and not of a cluster. */
export function isOfFleet({ namespace }: { readonly namespace: string }): boolean {
  return namespace === FLEET
}
