import type { FieldError } from '../../../relay/model/errors.ts'
import type { KubernetesObject } from '../../../relay/model/kubernetes.ts'
import { nearestName } from '../../../relay/model/nearest-name.ts'

/** The keys that Providers read of a Secret. Only these are shown in messages. */
export const SECRET_KEYS: ReadonlySet<PropertyKey> = new Set([
  'address',
  'ca.crt',
  'headers',
  'password',
  'proxy',
  'tls.crt',
  'tls.key',
  'token',
  'username',
])

const FIELDS: ReadonlySet<string> = new Set([
  'apiVersion',
  'kind',
  'metadata',
  'data',
  'stringData',
  'type',
  'immutable',
])

/** A field that no Secret has, and what the note about it says. */
export interface SecretNote {
  readonly key: string
  readonly note: FieldError
}

/**
 * The fields of a Secret that no Secret has: nothing in them is read. Where a value was written in place
 * of a key the field is the value, so a name is shown only if it is a known key, or nearly `stringData`.
 */
export function secretNotes(manifest: KubernetesObject): readonly SecretNote[] {
  return Object.keys(manifest)
    .filter((key) => !FIELDS.has(key))
    .map((key) => ({ key, note: noteOf(key) }))
}

function noteOf(key: string): FieldError {
  if (SECRET_KEYS.has(key)) {
    return { field: key, message: 'is ignored, it has to stand below stringData' }
  }
  if (nearestName(key, ['stringData']) !== undefined) {
    return { field: key, message: 'is ignored, there is no such field; did you mean stringData?' }
  }
  return {
    field: '',
    message: 'has a field that is ignored; the keys of a Secret stand below stringData or data',
  }
}
