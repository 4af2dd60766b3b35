import { type ApiObject, type Fields, without } from './api-object.ts'
import { toEventsForm } from './event-forms.ts'
import type { ResourceType } from './resource-types.ts'

/** How a client wants to see objects. */
export interface Representation {
  readonly type: ResourceType
  readonly version: string
  /** With their metadata only, by the `Accept` header. */
  readonly isPartial: boolean
}

const PARTIAL = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' } as const

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches */
export function isPartial(accept: string | undefined): boolean {
  return /\bas=PartialObjectMetadata(List)?\b/.test(accept ?? '')
}

export function apiVersionOf({ type, version }: Pick<Representation, 'type' | 'version'>): string {
  return type.group === '' ? version : `${type.group}/${version}`
}

export function present(object: ApiObject, view: Representation): Fields {
  if (view.isPartial) return { ...PARTIAL, metadata: object.metadata }
  const fields = without(object, ['apiVersion', 'kind'])
  const form = view.type.group === 'events.k8s.io' ? toEventsForm(fields) : fields
  return { kind: view.type.kind, apiVersion: apiVersionOf(view), ...form }
}

/** Of kinds that are built in, the items of a list do not repeat what they are. */
export function presentList(objects: readonly ApiObject[], view: Representation, metadata: Fields) {
  const head = view.isPartial
    ? { kind: `${PARTIAL.kind}List`, apiVersion: PARTIAL.apiVersion }
    : { kind: `${view.type.kind}List`, apiVersion: apiVersionOf(view) }
  const items = objects.map((object) => present(object, view))
  const isBare = !view.type.isCustom && !view.isPartial
  return {
    ...head,
    metadata,
    items: isBare ? items.map((item) => without(item, ['apiVersion', 'kind'])) : items,
  }
}

/** Says that all changes up to a revision were sent. */
export function presentBookmark(revision: number, view: Representation): Fields {
  const metadata = { resourceVersion: String(revision) }
  if (view.isPartial) return { ...PARTIAL, metadata }
  return { kind: view.type.kind, apiVersion: apiVersionOf(view), metadata }
}
