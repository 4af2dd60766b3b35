import { MAX_CONFIG_BYTES } from '../../relay/api/body.ts'
import type { ProblemCode } from '../../relay/api/problem-codes.ts'
import { AppliedConfig } from '../../relay/api/schemas/config.ts'
import type { ObjectReadiness } from '../../relay/model/config.ts'
import { jsonValue } from '../../relay/model/json-value.ts'
import { parseTimeMs } from '../../relay/model/time.ts'
import type { HttpClient, HttpResponse } from '../../relay/ports/http.ts'
import { problemIn } from '../problem.ts'
import { type RelayAddress, sendAuthorised } from './authorised.ts'
import { type Retry, retryOf } from './batch-result.ts'

/** A cluster's whole set, each object as JSON text. */
export interface ManifestTexts {
  readonly alerts: readonly string[]
  readonly providers: readonly string[]
  readonly silences?: readonly string[]
}

/** What the relay made of a set. */
export type PutSetResult =
  | { readonly kind: 'accepted'; readonly objects: readonly ObjectReadiness[] }
  /** The relay has a set that was taken later. */
  | { readonly kind: 'stale'; readonly storedAt: number; readonly detail: string }
  /** The relay accepts this cluster's set from another source only. */
  | { readonly kind: 'owned'; readonly detail: string }
  /** The set is too large. Putting it again does not help before objects are deleted. */
  | { readonly kind: 'too-large'; readonly detail: string }
  | Retry

/** The most bytes of an answer, which may be about thousands of objects. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/**
 * Puts a set that was taken at `takenAt`, in milliseconds since the epoch. Never rejects because of
 * the network, the relay or the token file.
 */
export async function putSet(
  http: HttpClient,
  relay: RelayAddress,
  { alerts, providers, silences = [] }: ManifestTexts,
  takenAt: number,
): Promise<PutSetResult> {
  const time = new Date(takenAt).toISOString()
  const lists = Object.entries({ alerts, providers, ...(silences.length > 0 && { silences }) })
    .map(([name, texts]) => `"${name}":[${texts.join(',')}]`)
    .join(',')
  const body = `{"takenAt":"${time}",${lists}}`
  const bytes = Buffer.byteLength(body)
  if (bytes > MAX_CONFIG_BYTES) return tooLarge(bytes, 'the relay')
  const answer = await sendAuthorised(http, relay, {
    method: 'PUT',
    body,
    maxResponseBytes: MAX_ANSWER_BYTES,
    acceptsGzip: true,
  })
  if (answer.kind !== 'response') return answer.kind === 'retry' ? answer : retryOf(answer)
  if (answer.status === 413) return tooLarge(bytes, 'the relay, or a proxy before it,')
  return answer.status === 409 ? conflict(answer) : (accepted(answer) ?? retryOf(answer))
}

function tooLarge(bytes: number, who: string): PutSetResult {
  const most = MAX_CONFIG_BYTES / 2 ** 20
  const detail = `the Alerts, Providers and Silences are ${bytes} bytes of JSON, more than ${who} takes (${most} MiB)`
  return { kind: 'too-large', detail }
}

/**
 * The relay's verdict on each object; undefined when the answer is not the relay's, such as a
 * proxy's.
 */
function accepted({ status, body }: HttpResponse): PutSetResult | undefined {
  const read = status === 200 ? AppliedConfig.safeParse(jsonValue(body)).data : undefined
  return read && { kind: 'accepted', objects: read.objects }
}

function conflict(answer: HttpResponse): PutSetResult {
  const retry = retryOf(answer)
  const { detail } = retry
  const { type, storedAt = '' } = problemIn(answer.body) ?? {}
  if (type === OWNED) {
    return { kind: 'owned', detail: `${detail}, or use another --cluster, or --no-config` }
  }
  const time = type === STALE ? parseTimeMs(storedAt) : undefined
  return time === undefined ? retry : { kind: 'stale', storedAt: time, detail }
}

const OWNED: ProblemCode = 'config-owned'
const STALE: ProblemCode = 'stale-config'
