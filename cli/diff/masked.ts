import { isJsonObject } from '../../relay/model/json-value.ts'
import { maskUrl } from '../../relay/pipeline/explain/masked-request.ts'
import { secretPartsOfUrl } from '../../relay/providers/secret-parts.ts'
import { createRedactor, type Redact } from '../../relay/redact/redact.ts'
import { mayHoldCredential } from '../output/spec-fields.ts'
import type { FieldChange } from './field-changes.ts'

const MASK = '***'

/** Masks what the values of Secrets have in a text. Of an address the host may be seen. */
export function redactorOf(secretValues: readonly string[]): Redact {
  const isUrl = (value: string) => /^\s*[a-z][a-z0-9+.-]{0,20}:\/\//i.test(value)
  return createRedactor(
    secretValues.flatMap((value) => (isUrl(value) ? secretPartsOfUrl(value.trim()) : [value])),
  )
}

/** A change without what may be secret in its values. That there is a change stays to be seen. */
export function maskChange(change: FieldChange, kind: string, redact: Redact): FieldChange {
  const isSecret = kind === 'Secret' || isCredentialField(change.field)
  const shown = (value: unknown) => (isSecret ? MASK : masked(value, redact))
  return {
    field: change.field,
    ...('before' in change && { before: shown(change.before) }),
    ...('after' in change && { after: shown(change.after) }),
  }
}

function isCredentialField(field: string): boolean {
  const [, name] = /^spec\.([A-Za-z]+)/.exec(field) ?? []
  return name !== undefined && mayHoldCredential(name)
}

function masked(value: unknown, redact: Redact): unknown {
  if (typeof value === 'string') return maskUrl(value, redact)
  if (Array.isArray(value)) return value.map((inner: unknown) => masked(inner, redact))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, masked(inner, redact)]),
  )
}
