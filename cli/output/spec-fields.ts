import { AlertSpec } from '../../relay/model/alert.ts'
import { ProviderSpec } from '../../relay/model/provider.ts'

const MASKED: ReadonlySet<string> = new Set(['address', 'proxy', 'username'])

const KNOWN: ReadonlySet<string> = new Set([
  ...Object.keys(AlertSpec.shape),
  ...Object.keys(ProviderSpec.shape),
])

/**
 * Whether the value of this field of a spec may hold a credential: hook addresses do, and so may a field that
 * no CRD has, such as a `token` that somebody wrote beside `secretRef`.
 */
export function mayHoldCredential(field: string): boolean {
  return MASKED.has(field) || !KNOWN.has(field)
}

/** Where kubectl keeps the whole object, with the values that are masked elsewhere. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** The annotations of an object that are shown; undefined without any. */
export function shownAnnotations(annotations: unknown): unknown {
  const shown = Object.entries(Object(annotations)).filter(([name]) => name !== LAST_APPLIED)
  return shown.length === 0 ? undefined : Object.fromEntries(shown)
}
