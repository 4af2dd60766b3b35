import type { z } from 'zod'
import type { ObjectReadiness } from '../model/config.ts'
import { type FieldError, fieldErrorText } from '../model/errors.ts'
import { unknownFields } from './field-notes.ts'

/**
 * The readiness of an object that takes effect. `kubectl get alerts` shows the message, with its
 * warnings, under STATUS.
 */
export function ready(
  kind: string,
  metadata: { readonly namespace: string; readonly name: string },
  warnings: readonly string[],
): ObjectReadiness {
  const message = ['Initialized', ...warnings].join('; ')
  return { kind, ...named(metadata), ready: true, reason: 'Succeeded', message }
}

/** The readiness of an object that is not valid. */
export function invalid(
  kind: string,
  result: { name: string; namespace: string; errors: readonly FieldError[] },
): ObjectReadiness {
  const message = result.errors.map(fieldErrorText).join('; ')
  return { kind, ...named(result), ready: false, reason: 'ValidationFailed', message }
}

/** The name of an object alone. */
export function named({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  return { namespace, name }
}

/** The unknown fields of a value, as texts of a message. */
export function ignoredFields(
  value: unknown,
  schema: z.ZodObject,
  path: string,
): readonly string[] {
  return unknownFields(value, schema, path).map(({ field, message }) => `${field} ${message}`)
}
