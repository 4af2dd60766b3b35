import type { z } from 'zod'
import { Alert } from './alert.ts'
import { type FieldError, fieldErrors } from './errors.ts'
import { FLEET } from './fleet.ts'
import { derivedUid } from './hash.ts'
import { type KubernetesObject, relayAnnotations } from './kubernetes.ts'
import { Provider, withAnnotatedType } from './provider.ts'
import { SilenceObject } from './silence-object.ts'
import { storedForm } from './stored-form.ts'

/** A Kubernetes object of a known kind, or what is wrong with it. */
export type ParseResult<T> =
  | { readonly object: T }
  | { readonly name: string; readonly namespace: string; readonly errors: readonly FieldError[] }

/** Validates an Alert and gives it a UID when it has none. */
export function parseAlert(cluster: string, manifest: KubernetesObject): ParseResult<Alert> {
  return parseObject('Alert', Alert, cluster, manifest)
}

/** Validates a Provider, gives it a UID when it has none, and the type of its annotation when it has one. */
export function parseProvider(cluster: string, manifest: KubernetesObject): ParseResult<Provider> {
  const result: ParseResult<Provider> = parseObject('Provider', Provider, cluster, manifest)
  return 'object' in result ? { object: withAnnotatedType(result.object) } : result
}

/** Validates a Silence and gives it a UID when it has none. */
export function parseSilence(
  cluster: string,
  manifest: KubernetesObject,
): ParseResult<SilenceObject> {
  return parseObject('Silence', SilenceObject, cluster, manifest)
}

/**
 * Validates a Provider of the fleet, which has no namespace of its own, and gives it the identity that it has for
 * a cluster.
 */
export function parseFleetProvider(
  cluster: string,
  written: KubernetesObject,
): ParseResult<Provider> {
  const { namespace, ...given } = Object(written.metadata) as Record<string, unknown>
  const result = parseProvider(cluster, { ...written, metadata: given })
  if (!('object' in result)) return { ...result, namespace: FLEET }
  const { object } = result
  const { name } = object.metadata
  if (namespace !== undefined && namespace !== null) {
    const message = 'a Provider of the fleet has no namespace; leave it away'
    return { name, namespace: FLEET, errors: [{ field: 'metadata.namespace', message }] }
  }
  const metadata = { namespace: FLEET, name, uid: derivedUid(cluster, 'Provider', FLEET, name) }
  const manifest = { ...object.manifest, metadata: { ...given, ...metadata } }
  return { object: { ...object, metadata, manifest } }
}

/**
 * The most values in one object, since an object is judged and compiled without a pause. Large ones
 * have hundreds.
 */
const MAX_OBJECT_VALUES = 10_000

/** Whether a value contains more than `most` values. */
function hasMoreParts(value: unknown, most: number): boolean {
  const pending: unknown[] = [value]
  for (let count = 0; count <= most; count += 1) {
    if (pending.length === 0) return false
    const next = pending.pop()
    if (typeof next !== 'object' || next === null) continue
    for (const part of Object.values(next)) {
      pending.push(part)
      if (pending.length > most) return true
    }
  }
  return true
}

interface Parsed {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly uid?: string | null | undefined
    readonly annotations: Readonly<Record<string, string>>
  }
}

function parseObject<T extends Parsed>(
  kind: string,
  schema: z.ZodType<T>,
  cluster: string,
  written: KubernetesObject,
) {
  if (hasMoreParts(written, MAX_OBJECT_VALUES)) {
    const message = `expected at most ${MAX_OBJECT_VALUES} values in one object`
    return { ...nameOf(written), errors: [{ field: '', message }] }
  }
  const manifest = storedForm(written)
  const parsed = schema.safeParse(manifest)
  if (!parsed.success) {
    return { ...nameOf(manifest), errors: fieldErrors(parsed.error.issues) }
  }
  const { namespace, name, uid: given, annotations } = parsed.data.metadata
  const uid = given || derivedUid(cluster, kind, namespace, name)
  return {
    object: {
      ...parsed.data,
      metadata: { namespace, name, uid },
      annotations: relayAnnotations(annotations),
      manifest: { ...manifest, metadata: { ...Object(manifest.metadata), namespace, name, uid } },
    },
  }
}

/** The namespace of an object that names none. */
export const NO_NAMESPACE = 'default'

/** The name that an invalid object gives, as far as it has one. */
export function nameOf(manifest: KubernetesObject) {
  const { name, namespace } = Object(manifest.metadata) as Record<string, unknown>
  return {
    name: typeof name === 'string' ? name : '',
    namespace: typeof namespace === 'string' ? namespace : NO_NAMESPACE,
  }
}

/** The valid Alerts and Providers among the objects of a snapshot. */
export function parseObjects(cluster: string, manifests: readonly KubernetesObject[]) {
  const alerts: Alert[] = []
  const providers: Provider[] = []
  for (const manifest of manifests) {
    if (manifest.kind === 'Alert') {
      const result = parseAlert(cluster, manifest)
      if ('object' in result) alerts.push(result.object)
    } else if (manifest.kind === 'Provider') {
      const result = parseProvider(cluster, manifest)
      if ('object' in result) providers.push(result.object)
    }
  }
  return { alerts, providers }
}
