import { z } from 'zod'
import type { AccessRule } from './kubernetes/access-rules.ts'
import type { Manifest } from './kubernetes/api-object.ts'
import type { RecordedRequest } from './kubernetes/recorded-request.ts'

const Role = z.object({
  rules: z.array(
    z.strictObject({
      apiGroups: z.array(z.string()),
      resources: z.array(z.string()),
      verbs: z.array(z.string()),
    }),
  ),
})

const Binding = z.object({
  roleRef: z.object({ kind: z.literal('ClusterRole'), name: z.string() }),
  subjects: z.array(z.object({ kind: z.string(), name: z.string(), namespace: z.string() })),
})

/** What a ServiceAccount may do in all namespaces, by the ClusterRoles that are bound to it. */
export function rulesOf(
  objects: readonly Manifest[],
  account: { readonly namespace: string; readonly name: string },
): readonly AccessRule[] {
  return objects
    .filter(({ kind }) => kind === 'ClusterRoleBinding')
    .map((binding) => Binding.parse(binding))
    .filter(({ subjects }) =>
      subjects.some(
        ({ kind, name, namespace }) =>
          kind === 'ServiceAccount' && name === account.name && namespace === account.namespace,
      ),
    )
    .flatMap(({ roleRef }) => {
      const role = objects.find(
        ({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === roleRef.name,
      )
      return Role.parse(role).rules
    })
}

/** Each thing that the rules allow, as `list alerts.notification.toolkit.fluxcd.io`, sorted. */
export function grantsOf(rules: readonly AccessRule[]): readonly string[] {
  const grants = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => grantOf({ verb, group, resource }))),
    ),
  )
  return [...new Set(grants)].sort()
}

/**
 * What is wrong with the rules, for someone who sent these requests: what was asked for and is not
 * granted, and what is granted and nobody asked for. `unasked` are the groups whose objects may be
 * listed and watched though no request did, because users name the kinds.
 */
export function accessProblems(
  rules: readonly AccessRule[],
  requests: readonly RecordedRequest[],
  unasked: ReadonlySet<string>,
): readonly string[] {
  const granted = grantsOf(rules)
  // Whoever has a token may ask which kinds there are: system:discovery.
  const used = new Set(requests.filter(({ resource }) => resource !== '').map(grantOf))
  const excepted = new Set(
    grantsOf(
      rules
        .filter(({ apiGroups }) => apiGroups.every((group) => unasked.has(group)))
        .map((rule) => ({ ...rule, verbs: ['list', 'watch'] })),
    ),
  )
  return [
    ...[...used].filter((use) => !granted.includes(use)).map((use) => `not granted: ${use}`),
    ...granted
      .filter((grant) => !used.has(grant) && !excepted.has(grant))
      .map((grant) => `never used: ${grant}`),
  ].sort()
}

function grantOf({ verb, group, resource }: Pick<RecordedRequest, 'verb' | 'group' | 'resource'>) {
  return group === '' ? `${verb} ${resource}` : `${verb} ${resource}.${group}`
}
