import { NoSuchGroup } from './api-failure.ts'
import type { Fields } from './api-object.ts'
import { byPriority, type ResourceType } from './resource-types.ts'

const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
const STATUS_VERBS = ['get', 'patch', 'update']

/** The answer to `/api`, `/apis` and what is below them. Throws `NoSuchGroup` for other paths. */
export function discover(types: readonly ResourceType[], pathname: string): Fields {
  const [root, ...rest] = pathname.split('/').filter((part) => part !== '')
  if (root === 'api' && rest.length === 0) {
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1' }],
    }
  }
  if (root === 'api' && rest.length === 1) return resourcesOf(types, '', rest[0] ?? '')
  const [group = '', version] = rest
  if (root !== 'apis' || rest.length > 2) throw new NoSuchGroup()
  if (version !== undefined) return resourcesOf(types, group, version)
  if (group !== '') return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(types, group) }
  const groups = new Set(types.map((type) => type.group).filter((name) => name !== ''))
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [...groups].map((name) => groupOf(types, name)),
  }
}

function groupOf(types: readonly ResourceType[], group: string): Fields {
  const members = types.filter((type) => type.group === group)
  const ordered = new Set(members.flatMap(({ versions }) => versions))
  const versions = [...ordered]
    .sort(byPriority)
    .map((version) => ({ groupVersion: `${group}/${version}`, version }))
  if (versions.length === 0) throw new NoSuchGroup()
  return { name: group, versions, preferredVersion: versions[0] }
}

function resourcesOf(types: readonly ResourceType[], group: string, version: string): Fields {
  const served = types.filter((type) => type.group === group && type.versions.includes(version))
  if (served.length === 0) throw new NoSuchGroup()
  const groupVersion = group === '' ? version : `${group}/${version}`
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: served.flatMap((type) => entriesOf(type, version)),
  }
}

function entriesOf(type: ResourceType, version: string): readonly Fields[] {
  const { kind, plural, isNamespaced } = type
  const singularName = kind.toLowerCase()
  const main = { name: plural, singularName, namespaced: isNamespaced, kind, verbs: VERBS }
  if (!type.statusVersions.includes(version)) return [main]
  const status = { name: `${plural}/status`, singularName: '', namespaced: isNamespaced, kind }
  return [main, { ...status, verbs: STATUS_VERBS }]
}
