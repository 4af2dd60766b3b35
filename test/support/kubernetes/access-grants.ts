import { setTimeout as sleep } from 'node:timers/promises'
import type { AccessRule } from './access-rules.ts'
import type { ApiAdmin } from './api-admin.ts'
import { fieldsOf, type Manifest } from './api-object.ts'

const API = 'rbac.authorization.k8s.io/v1'

const MARK_GROUP = 'test.flux-relay.dev'

/** What a user may do on a real server, as objects of RBAC. */
export interface AccessGrants {
  /** Replaces all; resolves when the server knows them. */
  set(rules: readonly AccessRule[]): Promise<void>
}

export function createGrants(admin: ApiAdmin, user: string): AccessGrants {
  const namespaces = new Set<string>()
  let edition = 0
  return {
    async set(rules) {
      edition += 1
      for (const { namespace } of rules) if (namespace !== undefined) namespaces.add(namespace)
      const places = [undefined, ...namespaces]
      for (const namespace of places) {
        const here = rules.filter((rule) => rule.namespace === namespace)
        for (const object of grantOf(user, namespace, [...here.map(ruleOf), markOf(edition)])) {
          await admin.apply(object)
        }
      }
      for (const namespace of places) await untilKnown(admin, user, namespace, edition)
    },
  }
}

function ruleOf({ apiGroups, resources, verbs, resourceNames }: AccessRule) {
  return { apiGroups, resources, verbs, ...(resourceNames && { resourceNames }) }
}

/** A right to nothing, which tells whether the server has read this edition. */
function markOf(edition: number) {
  return { apiGroups: [MARK_GROUP], resources: [`edition-${edition}`], verbs: ['get'] }
}

function grantOf(
  user: string,
  namespace: string | undefined,
  rules: readonly object[],
): readonly Manifest[] {
  const scope = namespace === undefined ? 'Cluster' : ''
  const metadata = { name: user, ...(namespace !== undefined && { namespace }) }
  return [
    { apiVersion: API, kind: `${scope}Role`, metadata, rules },
    {
      apiVersion: API,
      kind: `${scope}RoleBinding`,
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: `${scope}Role`, name: user },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    },
  ]
}

async function untilKnown(
  admin: ApiAdmin,
  user: string,
  namespace: string | undefined,
  edition: number,
): Promise<void> {
  const resourceAttributes = {
    group: MARK_GROUP,
    resource: `edition-${edition}`,
    verb: 'get',
    ...(namespace !== undefined && { namespace }),
  }
  for (;;) {
    const { body } = await admin.send(
      'POST',
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user, resourceAttributes },
      },
    )
    if (fieldsOf(body.status).allowed === true) return
    await sleep(20)
  }
}
