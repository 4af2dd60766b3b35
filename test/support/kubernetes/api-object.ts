import type { ApiObject } from '../../../hosts/shipper/kubernetes/collection.ts'

export type { ApiObject }

/** The fields of a JSON object. */
export type Fields = Readonly<Record<string, unknown>>

/** An object as a manifest has it: what the API server adds may be absent. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Fields & { readonly name: string; readonly namespace?: string }
  readonly [field: string]: unknown
}

/** What names an object; without a namespace it is one of the cluster itself. */
export interface ObjectReference {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string
  readonly name: string
}

/** What names the object of a manifest. */
export function referenceTo({ apiVersion, kind, metadata }: Manifest): ObjectReference {
  const { namespace, name } = metadata
  return { apiVersion, kind, ...(namespace !== undefined && { namespace }), name }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The fields of a field; none when it has none. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

/** The text of a field, else the empty text, as Go has it. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Without the fields that are undefined. */
export function defined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** Without the named fields. */
export function without(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))
}

/** https://www.rfc-editor.org/rfc/rfc7396 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch
  const merged: Record<string, unknown> = { ...fieldsOf(target) }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name]
    else merged[name] = mergePatch(merged[name], value)
  }
  return merged
}
