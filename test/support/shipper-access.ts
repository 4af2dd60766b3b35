import { accessProblems, rulesOf } from './granted-access.ts'
import type { AccessRule } from './kubernetes/access-rules.ts'
import type { RecordedRequest } from './kubernetes/recorded-request.ts'
import { kustomize } from './kustomize.ts'

const ACCOUNT = { namespace: 'flux-system', name: 'flux-relay-shipper' }

/** Of these groups any kind may be one that an Alert selects by label. */
const LABELLED_GROUPS: ReadonlySet<string> = new Set([
  'helm.toolkit.fluxcd.io',
  'image.toolkit.fluxcd.io',
  'kustomize.toolkit.fluxcd.io',
  'source.extensions.fluxcd.io',
  'source.toolkit.fluxcd.io',
])

/** What the shipper may do as deployed by these kustomizations together. Needs kubectl. */
export async function shipperRules(...folders: readonly string[]): Promise<readonly AccessRule[]> {
  const all = await Promise.all(folders.map(kustomize))
  return all.flatMap((objects) => rulesOf(objects, ACCOUNT))
}

/**
 * What the requests of shippers needed and these rules do not grant, and what the rules grant and no
 * request needed.
 */
export function shipperAccessProblems(
  rules: readonly AccessRule[],
  requests: readonly RecordedRequest[],
): readonly string[] {
  return accessProblems(rules, requests, LABELLED_GROUPS)
}
