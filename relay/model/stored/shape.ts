import { isJsonObject, type JsonObject } from '../json-value.ts'

/**
 * What is wrong with a value, and where in it: `attempts[0].reason`. The place is empty for the
 * whole value.
 */
export interface ShapeError {
  readonly at: string
  readonly problem: string
}

/**
 * Checks that a stored value has the type `T`. It checks in place and copies nothing, since this
 * runs for every event; additional fields are ignored.
 */
export interface Shape<T> {
  /** Returns undefined when the value is a `T`, and what is wrong otherwise. */
  (value: unknown): ShapeError | undefined
  /** Never set: it carries the type for the compiler. */
  readonly of?: T
}

/** The type of the values that a shape accepts. */
export type ShapeOf<S> = S extends Shape<infer T> ? T : never

type Fields = Readonly<Record<string, Shape<unknown>>>
type OptionalNames<F> = {
  [Name in keyof F]: undefined extends ShapeOf<F[Name]> ? Name : never
}[keyof F]
type ObjectOf<F> = {
  readonly [Name in Exclude<keyof F, OptionalNames<F>>]: ShapeOf<F[Name]>
} & { readonly [Name in OptionalNames<F>]?: Exclude<ShapeOf<F[Name]>, undefined> }

export const text: Shape<string> = (value) =>
  typeof value === 'string' ? undefined : fault(value, 'a text')

/** Any number that JSON can hold, such as a time or a duration. */
export const number: Shape<number> = (value) =>
  typeof value === 'number' ? undefined : fault(value, 'a number')

/** A whole number from 0: a serial or a count. */
export const count: Shape<number> = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? undefined : fault(value, 'a whole number')

export const truth: Shape<boolean> = (value) =>
  typeof value === 'boolean' ? undefined : fault(value, 'true or false')

export const jsonObject: Shape<JsonObject> = (value) =>
  isJsonObject(value) ? undefined : fault(value, 'an object')

/** Accepts one of these texts. */
export function oneOf<const T extends string>(...texts: readonly T[]): Shape<T> {
  const known: ReadonlySet<unknown> = new Set(texts)
  return (value) => (known.has(value) ? undefined : fault(value, texts.join(', ')))
}

/** Accepts a missing field. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value) => (value === undefined ? undefined : shape(value))
}

/** Accepts an array of values of one shape. */
export function list<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) return fault(value, 'a list')
    for (let index = 0; index < value.length; index += 1) {
      const found = shape(value[index])
      if (found) return within(`[${index}]`, found)
    }
    return undefined
  }
}

/** Accepts an object with any keys, and values of one shape. */
export function mapOf<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value) => {
    if (!isJsonObject(value)) return fault(value, 'an object')
    for (const key in value) {
      const found = shape(value[key])
      if (found) return within(key, found)
    }
    return undefined
  }
}

/** Accepts an object with these fields. */
export function object<F extends Fields>(fields: F): Shape<ObjectOf<F>> {
  const entries = Object.entries(fields).map(([name, shape]) => ({ name, shape }))
  return (value) => {
    if (!isJsonObject(value)) return fault(value, 'an object')
    for (let index = 0; index < entries.length; index += 1) {
      const field = entries[index]
      const found = field?.shape(value[field.name])
      if (found) return within(field?.name ?? '', found)
    }
    return undefined
  }
}

/** Accepts what both shapes accept. */
export function both<A, B>(a: Shape<A>, b: Shape<B>): Shape<A & B> {
  return (value) => a(value) ?? b(value)
}

/** Whether the value has the shape. */
export function fits<T>(shape: Shape<T>, value: unknown): value is T {
  return shape(value) === undefined
}

/** The fault as one text, for people: `dueAt is missing`. */
export function shapeErrorText({ at, problem }: ShapeError): string {
  return `${at === '' ? 'it' : at} ${problem}`
}

function fault(value: unknown, wanted: string): ShapeError {
  return { at: '', problem: value === undefined ? 'is missing' : `is not ${wanted}` }
}

function within(name: string, { at, problem }: ShapeError): ShapeError {
  const separator = at === '' || at.startsWith('[') ? '' : '.'
  return { at: `${name}${separator}${at}`, problem }
}
