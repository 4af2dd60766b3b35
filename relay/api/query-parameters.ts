import type { z } from 'zod'
import { type FieldError, fieldErrors, fieldErrorText } from '../model/errors.ts'
import { type Problem, problem } from './problem.ts'

/** What a schema made of the parameters of a query, or the 400 that says what is wrong with them. */
export type ReadParameters<T> = { readonly data: T } | { readonly problem: Problem }

/**
 * Reads the parameters of a query by a schema that has each of them. An unknown, wrong or repeated one is a 400.
 * `notOffered`: parameters of the schema that are not named as a choice.
 */
export function readParameters<S extends z.ZodObject>(
  schema: S,
  parameters: Iterable<readonly [string, string]>,
  notOffered: readonly string[] = [],
): ReadParameters<z.output<S>> {
  const given = [...parameters]
  const parsed = schema.safeParse(Object.fromEntries(given))
  const errors = [
    ...nameErrors(
      given.map(([name]) => name),
      Object.keys(schema.shape),
      notOffered,
    ),
    ...(parsed.error ? fieldErrors(parsed.error.issues) : []),
  ]
  if (!parsed.success || errors.length > 0) return { problem: badParameters(errors) }
  return { data: parsed.data }
}

function nameErrors(
  given: readonly string[],
  known: readonly string[],
  notOffered: readonly string[],
): readonly FieldError[] {
  const offered = known.filter((name) => !notOffered.includes(name))
  const choice = offered.length === 1 ? `${offered[0]}` : `one of ${offered.join(', ')}`
  return given.flatMap((name, index) => {
    if (!known.includes(name)) {
      return [{ field: name.slice(0, 100), message: `is not a parameter; expected ${choice}` }]
    }
    return given.indexOf(name) < index ? [{ field: name, message: 'is given twice' }] : []
  })
}

/** The problem of parameters that cannot be read. */
export function badParameters(errors: readonly FieldError[]): Problem {
  const named = errors.slice(0, 10)
  return problem('bad-parameter', named.map(fieldErrorText).join('; '), { errors: named })
}
