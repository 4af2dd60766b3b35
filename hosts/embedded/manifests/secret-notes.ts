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
 * of a key the field is the value, so a name is shown only if it is a known key, or nearly `stringData`. All that have no
 * name to be shown are one note, at the first of them: there may be a hundred thousand, and the place of each is searched for.
 */
export function secretNotes(manifest: KubernetesObject): readonly SecretNote[] {
  const ignored = Object.keys(manifest).filter((key) => !FIELDS.has(key))
  const known = ignored.filter((key) => SECRET_KEYS.has(key))
  const others = ignored.filter((key) => !SECRET_KEYS.has(key))
  const meant = others.find((key) => nearestName(key, ['stringData']) !== undefined)
  const nameless = others.filter((key) => key !== meant)
  return [
    ...known.map((key) => ({
      key,
      note: { field: key, message: 'is ignored, it has to stand below stringData' },
    })),
    ...(meant === undefined ? [] : [{ key: meant, note: meantNote(meant) }]),
    ...nameless.slice(0, 1).map((key) => ({ key, note: namelessNote(nameless.length) })),
  ]
}

function meantNote(field: string): FieldError {
  return { field, message: 'is ignored, there is no such field; did you mean stringData?' }
}

function namelessNote(count: number): FieldError {
  const fields = count === 1 ? 'a field that is' : `${count} fields that are`
  return {
    field: '',
    message: `has ${fields} ignored; the keys of a Secret stand below stringData or data`,
  }
}
