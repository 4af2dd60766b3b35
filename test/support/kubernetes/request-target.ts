import type { Access } from './access-rules.ts'
import { noSuchPath } from './api-failure.ts'
import { selectedName } from './field-selectors.ts'
import type { ResourceType } from './resource-types.ts'

/** What a request wants, from its method, path and query; whether that is served is not known. */
export interface ResourcePath extends Access {
  readonly version: string
  readonly plural: string
  readonly subresource: string | undefined
  readonly query: URLSearchParams
}

/** What a request is about. */
export interface RequestTarget extends ResourcePath {
  readonly type: ResourceType
}

const NAMED_VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** Undefined for a path of discovery. Throws `ApiFailure` for a method that there is not. */
export function resourcePathOf(method: string, url: URL): ResourcePath | undefined {
  const parts = url.pathname.split('/').filter((part) => part !== '')
  const isCore = parts[0] === 'api'
  const below = parts.slice(isCore ? 2 : 3).map(decodeURIComponent)
  if (below.length === 0) return undefined
  const [group, version] = isCore ? ['', parts[1] ?? ''] : [parts[1] ?? '', parts[2] ?? '']
  const { plural, namespace, name, subresource } = placeOf(below)
  const verb = verbOf(method, name !== undefined, url.searchParams)
  const selector = url.searchParams.get('fieldSelector') ?? undefined
  return {
    verb,
    group,
    version,
    plural,
    resource: subresource === undefined ? plural : `${plural}/${subresource}`,
    subresource,
    namespace,
    // Access rules take a name that is selected for one that is asked for.
    name: name ?? (verb === 'create' ? undefined : selectedName(selector)),
    query: url.searchParams,
  }
}

/** Throws `ApiFailure` for what is not served. */
export function resolveTarget(path: ResourcePath, types: readonly ResourceType[]): RequestTarget {
  const { group, version, plural, subresource, namespace } = path
  const type = types.find(
    (each) => each.group === group && each.plural === plural && each.versions.includes(version),
  )
  const isServed =
    subresource === undefined ||
    (subresource === 'status' && type?.statusVersions.includes(version) === true)
  if (!type || !isServed) throw noSuchPath()
  if (!type.isNamespaced && namespace !== undefined && plural !== 'namespaces') throw noSuchPath()
  return { ...path, type }
}

function placeOf(below: readonly string[]) {
  const [first = '', second, third, name, subresource] = below
  if (first === 'namespaces' && third !== undefined && third !== 'status') {
    return { plural: third, namespace: second, name, subresource }
  }
  // A namespace is in itself, as access rules see it.
  const namespace = first === 'namespaces' ? second : undefined
  return { plural: first, namespace, name: second, subresource: third }
}

function verbOf(method: string, isNamed: boolean, query: URLSearchParams): string {
  const isWatch = ['1', 'true'].includes(query.get('watch') ?? '')
  if (!isNamed && method === 'GET') return isWatch ? 'watch' : 'list'
  if (!isNamed && method === 'POST') return 'create'
  const verb = isNamed ? NAMED_VERBS[method] : undefined
  if (verb === undefined) throw noSuchPath()
  return verb
}
