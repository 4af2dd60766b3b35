import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import { MAX_SECRET_BYTES } from '../../../relay/api/put-secret.ts'
import type { SecretData } from '../../../relay/model/secret.ts'
import { ApiError } from '../kubernetes/api-error.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import type { SecretName } from '../spool/sync-memory.ts'
import { keyOf } from './references.ts'

/**
 * The result of reading a Secret for the relay. A `refused` Secret is treated as a missing one. An
 * `unusable` one exists, and only a person can correct it.
 */
export type SecretReading =
  | { readonly kind: 'found'; readonly content: SecretContent }
  | { readonly kind: 'missing' }
  | { readonly kind: 'refused' | 'unusable'; readonly reason: string }

export interface SecretContent {
  /** A version that is different for every state of every Secret that ever had this name. */
  readonly version: string
  readonly data: SecretData
  /** How many of its values are not UTF-8. Invalid bytes in them became U+FFFD. */
  readonly binaryKeys: number
}

/**
 * The types of Secrets that are never copied: credentials of the cluster itself, and Helm releases
 * with all their values. People who may write a Provider in a namespace, but not read its Secrets,
 * must not get these by naming them.
 * https://kubernetes.io/docs/concepts/configuration/secret/#secret-types
 */
const REFUSED_TYPES: ReadonlySet<string> = new Set([
  'kubernetes.io/service-account-token',
  'bootstrap.kubernetes.io/token',
  'helm.sh/release.v1',
])

const KubernetesSecret = z.object({
  metadata: z.object({ uid: z.string().min(1), resourceVersion: z.string().min(1) }),
  type: z.string().default('Opaque'),
  data: z.record(z.string(), z.string()).nullish(),
})
type KubernetesSecret = z.infer<typeof KubernetesSecret>

/**
 * Reads one Secret by its name. Rejects with `ApiError` when the answer tells nothing definite
 * about it.
 */
export async function readSecret(
  client: Pick<KubernetesClient, 'request'>,
  secret: SecretName,
): Promise<SecretReading> {
  const path = `/api/v1/namespaces/${secret.namespace}/secrets/${secret.name}`
  let answer: unknown
  try {
    answer = await client.request({ method: 'GET', path })
  } catch (error) {
    const reading = error instanceof ApiError ? readingOf(error) : undefined
    if (reading) return reading
    throw error
  }
  const parsed = KubernetesSecret.safeParse(answer)
  // The issues of the parser could quote what is in it.
  if (!parsed.success) throw new ApiError(`GET ${path}: the answer is not a Secret`)
  return judge(secret, parsed.data)
}

/** What an error tells about the Secret. A 404 that is not the API server's tells nothing. */
function readingOf(error: ApiError): SecretReading | undefined {
  if (error.status === 404 && error.reason === 'NotFound') return { kind: 'missing' }
  if (error.status === 403) return { kind: 'unusable', reason: error.message }
  return undefined
}

function judge(secret: SecretName, { metadata, type, data }: KubernetesSecret): SecretReading {
  if (REFUSED_TYPES.has(type)) {
    const reason = `Secret ${keyOf(secret)} is of type ${type}, which is never copied`
    return { kind: 'refused', reason }
  }
  const values = Object.entries(data ?? {}).map(
    ([key, value]) => [key, Buffer.from(value, 'base64')] as const,
  )
  const decoded = Object.fromEntries(values.map(([key, value]) => [key, value.toString('utf8')]))
  const bytes = Buffer.byteLength(JSON.stringify(decoded))
  if (bytes > MAX_SECRET_BYTES) {
    const reason = `Secret ${keyOf(secret)} has ${bytes} bytes as JSON, more than the ${MAX_SECRET_BYTES} that fit`
    return { kind: 'unusable', reason }
  }
  const version = `${metadata.uid}/${metadata.resourceVersion}`
  const binaryKeys = values.filter(([, value]) => !isUtf8(value)).length
  return { kind: 'found', content: { version, data: decoded, binaryKeys } }
}
