import { type Fields, fieldsOf, textOf } from './api-object.ts'

/** A kind that the double serves. */
export interface ResourceType {
  readonly group: string
  /** That it is served in, by priority. */
  readonly versions: readonly string[]
  readonly kind: string
  readonly plural: string
  readonly isNamespaced: boolean
  /** Has a status of its own address in these versions. */
  readonly statusVersions: readonly string[]
  /** Of a definition of a custom resource; these know no strategic merge patch. */
  readonly isCustom: boolean
  /** Where its objects are, when another kind has them too. */
  readonly storedAs?: string
}

interface BuiltIn {
  readonly group?: string
  readonly version?: string
  readonly kind: string
  readonly plural: string
  readonly isNamespaced?: boolean
  readonly hasStatus?: boolean
  readonly storedAs?: string
}

const EVENTS = '/events'

const BUILT_IN: readonly BuiltIn[] = [
  { kind: 'Namespace', plural: 'namespaces', isNamespaced: false, hasStatus: true },
  { kind: 'Node', plural: 'nodes', isNamespaced: false, hasStatus: true },
  { kind: 'Pod', plural: 'pods', hasStatus: true },
  { kind: 'Secret', plural: 'secrets' },
  { kind: 'ConfigMap', plural: 'configmaps' },
  { kind: 'Event', plural: 'events', storedAs: EVENTS },
  { group: 'events.k8s.io', kind: 'Event', plural: 'events', storedAs: EVENTS },
  { group: 'apps', kind: 'Deployment', plural: 'deployments', hasStatus: true },
  {
    group: 'apiextensions.k8s.io',
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    isNamespaced: false,
    hasStatus: true,
  },
]

export const BUILT_IN_TYPES: readonly ResourceType[] = BUILT_IN.map(
  ({ group = '', version = 'v1', isNamespaced = true, hasStatus = false, ...type }) => ({
    ...type,
    group,
    versions: [version],
    isNamespaced,
    statusVersions: hasStatus ? [version] : [],
    isCustom: false,
  }),
)

/** `v1` before `v1beta3` before `v1beta2` before `v1alpha1`, as the API server orders them. */
export function byPriority(a: string, b: string): number {
  const [left, right] = [priorityOf(a), priorityOf(b)]
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? 0
    if (value !== other) return other - value
  }
  return a < b ? -1 : 1
}

function priorityOf(version: string): readonly number[] {
  const found = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (!found) return [-1, 0, 0]
  const [, major, stage, minor] = found
  const rank = stage === undefined ? 2 : stage === 'beta' ? 1 : 0
  return [rank, Number(major), Number(minor ?? 0)]
}

/** The kind that a `CustomResourceDefinition` makes. */
export function typeOfDefinition(definition: Fields): ResourceType {
  const spec = fieldsOf(definition.spec)
  const names = fieldsOf(spec.names)
  const versions = (Array.isArray(spec.versions) ? spec.versions : [])
    .map(fieldsOf)
    .filter(({ served }) => served === true)
  const hasStatus = (version: Fields) => 'status' in fieldsOf(version.subresources)
  return {
    group: textOf(spec.group),
    versions: versions.map(({ name }) => textOf(name)).sort(byPriority),
    kind: textOf(names.kind),
    plural: textOf(names.plural),
    isNamespaced: spec.scope !== 'Cluster',
    statusVersions: versions.filter(hasStatus).map(({ name }) => textOf(name)),
    isCustom: true,
  }
}

/** What the objects of a type are kept under. */
export function storageOf(type: ResourceType): string {
  return type.storedAs ?? `${type.group}/${type.plural}`
}
