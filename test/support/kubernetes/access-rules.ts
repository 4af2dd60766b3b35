import { ApiFailure, qualifiedName } from './api-failure.ts'

/** A rule of a ClusterRole; with a namespace, one of a Role in it. */
export interface AccessRule {
  readonly apiGroups: readonly string[]
  /** Plurals, and those of subresources: `alerts/status`. */
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly namespace?: string
}

export const EVERYTHING: readonly AccessRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
]

/** What someone wants to do with a resource. */
export interface Access {
  readonly verb: string
  readonly group: string
  /** With its subresource: `alerts/status`. */
  readonly resource: string
  readonly namespace: string | undefined
  readonly name: string | undefined
}

/** Throws `ApiFailure` when no rule allows it. */
export function authorize(user: string, access: Access, rules: readonly AccessRule[]): void {
  if (!rules.some((rule) => allows(rule, access))) throw forbidden(user, access)
}

/** Throws `ApiFailure` for who has no token. */
export function authorizeDiscovery(user: string, path: string): void {
  if (user !== 'system:anonymous') return
  const message = `forbidden: User "${user}" cannot get path "${path}"`
  throw new ApiFailure(403, 'Forbidden', message, {})
}

function allows(rule: AccessRule, { verb, group, resource, namespace, name }: Access): boolean {
  const has = (list: readonly string[], value: string) => list.includes('*') || list.includes(value)
  return (
    has(rule.verbs, verb) &&
    has(rule.apiGroups, group) &&
    has(rule.resources, resource) &&
    (rule.namespace === undefined || rule.namespace === namespace) &&
    (rule.resourceNames === undefined || rule.resourceNames.includes(name ?? ''))
  )
}

function forbidden(user: string, { verb, group, resource, namespace, name }: Access): ApiFailure {
  const plural = resource.split('/')[0] ?? resource
  const what = qualifiedName({ group, plural })
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`
  const named = name === undefined ? what : `${what} "${name}"`
  const message = `${named} is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`
  return new ApiFailure(403, 'Forbidden', message, {
    ...(name !== undefined && { name }),
    ...(group !== '' && { group }),
    kind: plural,
  })
}
