import { isDeepStrictEqual } from 'node:util'

/** A value of a template, as JSON has it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

/** A template that differs from the one with everything by one choice. */
export interface Variant {
  /** The condition under which the template with everything is right, and this is not. */
  readonly condition: string
  readonly template: JsonObject
}

const NO_VALUE: Json = { Ref: 'AWS::NoValue' }

/** Parts of a template that have conditions of their own; elsewhere a value has a function. */
const CONDITIONAL_PARTS = new Set(['Resources', 'Outputs'])

interface Absent {
  readonly condition: string
  readonly value: Json | undefined
}

/**
 * One template that is each of the given ones under its conditions: what only some have is there under
 * these conditions alone. `combine` gives the name of a condition that holds when all of several do.
 */
export function mergeTemplates(
  everything: JsonObject,
  variants: readonly Variant[],
  combine: (conditions: readonly string[]) => string,
): JsonObject {
  const sections = Object.entries(everything).map(([section, content]) => {
    const others = variants.map(({ condition, template }) => ({
      condition,
      value: template[section],
    }))
    const merged = CONDITIONAL_PARTS.has(section)
      ? mergeParts(content as JsonObject, others, combine)
      : mergeValue(content, others)
    return [section, merged] as const
  })
  return Object.fromEntries(sections)
}

/** Resources or outputs: each as a whole is there or not. */
function mergeParts(
  content: JsonObject,
  others: readonly Absent[],
  combine: (conditions: readonly string[]) => string,
): JsonObject {
  for (const { condition, value } of others) {
    const unknown = Object.keys(value as JsonObject).filter((name) => !(name in content))
    if (unknown.length > 0) throw new Error(`only without ${condition}: ${unknown.join(', ')}`)
  }
  const parts = Object.entries(content).map(([name, part]) => {
    const values = others.map(({ condition, value }) => ({
      condition,
      value: (value as JsonObject)[name],
    }))
    const missing = values.filter(({ value }) => value === undefined)
    const merged = mergeValue(
      part,
      values.filter(({ value }) => value !== undefined),
    )
    if (missing.length === 0) return [name, merged] as const
    const Condition = combine(missing.map(({ condition }) => condition))
    return [name, { Condition, ...(merged as JsonObject) }] as const
  })
  return Object.fromEntries(parts)
}

function mergeValue(value: Json, others: readonly Absent[]): Json {
  const different = others.filter((other) => !isDeepStrictEqual(other.value, value))
  if (different.length === 0) return value
  if (different.every((other) => isMap(other.value)) && isMap(value)) {
    return mergeMaps(value, different as ReadonlyArray<Absent & { readonly value: JsonObject }>)
  }
  if (Array.isArray(value) && different.every((other) => Array.isArray(other.value))) {
    return mergeLists(
      value,
      different as ReadonlyArray<Absent & { readonly value: readonly Json[] }>,
    )
  }
  return choose(value, different)
}

function mergeMaps(
  value: JsonObject,
  others: ReadonlyArray<Absent & { readonly value: JsonObject }>,
): Json {
  const names = new Set([...Object.keys(value), ...others.flatMap((o) => Object.keys(o.value))])
  const entries = [...names].map((name) => {
    if (name === 'DependsOn') return [name, dependencies(value, others)] as const
    const values = others.map((other) => ({
      condition: other.condition,
      value: other.value[name] ?? NO_VALUE,
    }))
    return [name, mergeValue(value[name] ?? NO_VALUE, values)] as const
  })
  return Object.fromEntries(entries)
}

/** It takes names only, and those of resources that are there whatever is chosen. */
function dependencies(
  value: JsonObject,
  others: ReadonlyArray<Absent & { readonly value: JsonObject }>,
): Json {
  const [own = [], ...lists] = [value, ...others.map((other) => other.value)].map((part) =>
    [part.DependsOn ?? []].flat(),
  )
  return own.filter((name) => lists.every((list) => list.includes(name)))
}

/** What is in the list of everything is there or not; what is only in another list comes last. */
function mergeLists(
  value: readonly Json[],
  others: ReadonlyArray<Absent & { readonly value: readonly Json[] }>,
): Json {
  const has = (list: readonly Json[], element: Json) =>
    list.some((other) => isDeepStrictEqual(other, element))
  const own = value.map((element) => {
    const without = others.filter((other) => !has(other.value, element))
    return choose(
      element,
      without.map(({ condition }) => ({ condition, value: NO_VALUE })),
    )
  })
  const foreign = others.flatMap(({ condition, value: list }) =>
    list
      .filter((element) => !has(value, element))
      .map((element) => choose(NO_VALUE, [{ condition, value: element }])),
  )
  return [...own, ...foreign]
}

function choose(value: Json, others: readonly Absent[]): Json {
  return others.reduce<Json>(
    (chosen, other) => ({ 'Fn::If': [other.condition, chosen, other.value ?? NO_VALUE] }),
    value,
  )
}

/** An object that is no function of CloudFormation, whose parts mean nothing by themselves. */
function isMap(value: Json | undefined): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const names = Object.keys(value)
  return !(names.length === 1 && /^(Ref$|Fn::)/.test(names[0] ?? ''))
}
