import { isDeepStrictEqual } from 'node:util'
import { isJsonObject } from '../../relay/model/json-value.ts'

/** A field whose value is new, gone or another one. */
export interface FieldChange {
  /** Such as `spec.eventSources[0].name`; an index is that of the list where the element is. */
  readonly field: string
  /** Absent when the field is new. */
  readonly before?: unknown
  /** Absent when the field is gone. */
  readonly after?: unknown
}

/**
 * What is different in two values, field by field. Of lists it says which elements are new and which are gone: in
 * no list of an Alert the order counts.
 */
export function fieldChanges(before: unknown, after: unknown, field = ''): readonly FieldChange[] {
  if (isDeepStrictEqual(before, after)) return []
  const values = [before, after].filter((value) => value !== undefined)
  if (values.every(isJsonObject)) {
    const [old, now] = [Object(before), Object(after)]
    const names = new Set([...Object.keys(old), ...Object.keys(now)])
    return [...names].flatMap((name) => fieldChanges(old[name], now[name], below(field, name)))
  }
  if (values.every(Array.isArray)) return elementChanges(listOf(before), listOf(after), field)
  return [{ field, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }]
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function elementChanges(
  before: readonly unknown[],
  after: readonly unknown[],
  field: string,
): readonly FieldChange[] {
  const gone = without(before, after).map(({ element, index }) => ({
    field: `${field}[${index}]`,
    before: element,
  }))
  const added = without(after, before).map(({ element, index }) => ({
    field: `${field}[${index}]`,
    after: element,
  }))
  return [...gone, ...added]
}

/** The elements of a list that the other one does not have, or not so often. */
function without(list: readonly unknown[], others: readonly unknown[]) {
  const left = new Map<string, number>()
  for (const other of others) {
    const text = textOf(other)
    left.set(text, (left.get(text) ?? 0) + 1)
  }
  return list.flatMap((element, index) => {
    const text = textOf(element)
    const count = left.get(text) ?? 0
    left.set(text, count - 1)
    return count > 0 ? [] : [{ element, index }]
  })
}

/** Equal for equal values, whatever the order of their fields. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isJsonObject(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

function below(field: string, name: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(name)) return `${field}[${JSON.stringify(name)}]`
  return field === '' ? name : `${field}.${name}`
}
