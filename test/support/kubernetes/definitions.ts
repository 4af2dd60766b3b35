import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import type { Manifest } from './api-object.ts'

/** A kind that is not built in, as short as a test wants to say it. */
export interface CustomKind {
  readonly group: string
  readonly kind: string
  /** Default: the kind in lower case with an `s`. */
  readonly plural?: string
  /** The last is stored; which is preferred the API server decides: `v1`, `v1beta2`, `v1beta1`. */
  readonly versions: readonly string[]
  /** Default true. */
  readonly hasStatus?: boolean
}

const NOTIFICATION_GROUP = 'notification.toolkit.fluxcd.io'

const SHIPPED = resolve(import.meta.dirname, '../../../deploy/crds')

/** Kinds of Flux that events are about. */
export const FLUX_KINDS: readonly CustomKind[] = [
  { group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization', versions: ['v1'] },
  { group: 'helm.toolkit.fluxcd.io', kind: 'HelmRelease', versions: ['v2'] },
  {
    group: 'source.toolkit.fluxcd.io',
    kind: 'GitRepository',
    plural: 'gitrepositories',
    versions: ['v1'],
  },
]

/** Alert and Provider, as some version of notification-controller defines them. */
export function notificationKinds(
  versions: readonly string[],
  hasStatus = false,
): readonly CustomKind[] {
  if (versions.length === 0) return []
  return ['Alert', 'Provider'].map((kind) => ({
    group: NOTIFICATION_GROUP,
    kind,
    versions,
    hasStatus,
  }))
}

/** The relay's own kind, which a cluster need not have. */
export const SILENCE_KIND: CustomKind = {
  ...{ group: 'flux-relay.io', kind: 'Silence', versions: ['v1alpha1'] },
}

/** The definition of a kind that takes any fields. */
export function definitionOf(custom: CustomKind): Manifest {
  const { group, kind, versions, hasStatus = true } = custom
  const singular = kind.toLowerCase()
  const plural = custom.plural ?? `${singular}s`
  const any = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular, listKind: `${kind}List` },
      versions: versions.map((name, index) => ({
        name,
        served: true,
        storage: index === versions.length - 1,
        schema: { openAPIV3Schema: any },
        ...(hasStatus && { subresources: { status: {} } }),
      })),
    },
  }
}

let shipped: readonly Manifest[] | undefined

/** Our own definitions of Alert and Provider; not to be changed. */
function shippedDefinitions(): readonly Manifest[] {
  shipped ??= globSync('*.yaml', { cwd: SHIPPED })
    .map((file): Manifest => parse(readFileSync(join(SHIPPED, file), 'utf8')))
    .filter(({ kind }) => kind === 'CustomResourceDefinition')
  return shipped
}

/** What a cluster with these options knows beside its built-in kinds. */
export function definitionsOf({
  notification,
  kinds = FLUX_KINDS,
}: {
  readonly notification?: readonly CustomKind[]
  readonly kinds?: readonly CustomKind[]
}): readonly Manifest[] {
  const own = notification ? notification.map(definitionOf) : shippedDefinitions()
  return [...own, ...kinds.map(definitionOf)]
}
