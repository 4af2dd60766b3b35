import { z } from 'zod'
import { ReceivedEvents, type Rejection, Rejections } from '../../relay/api/schemas/events.ts'
import { jsonValue } from '../../relay/model/json-value.ts'
import { parseRetryAfterMs } from '../../relay/model/retry.ts'
import { ellipsize } from '../../relay/model/text.ts'
import type {
  HttpResponse,
  TransportFailure,
  TransportFailureCause,
} from '../../relay/ports/http.ts'
import { problemIn } from '../problem.ts'

/** What the relay's answer means for the batch. */
export type BatchResult =
  /** The relay has the whole batch, except the events that it will never accept. */
  | { readonly kind: 'done'; readonly rejected: readonly Rejection[] }
  | { readonly kind: 'too-large' }
  | Retry

/** The batch has to be sent again. */
export interface Retry {
  readonly kind: 'retry'
  /** The HTTP status, or the failure: a metric label with few values. */
  readonly reason: string
  /** What happened, for people. */
  readonly detail: string
  /** The wait that the relay asks for, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  /** Present when the content of the batch may be the cause. */
  readonly suspicion?: Suspicion | undefined
}

/** How likely the content is the cause. `weak`: an outage or a bad connection looks the same. */
export type Suspicion = 'strong' | 'weak'

/** Statuses that say nothing about the content. */
const NOT_OF_CONTENT: readonly number[] = [401, 408, 425, 429]

/** Failures that can happen to a request that has arrived. */
const MAYBE_OF_CONTENT: readonly TransportFailureCause[] = ['reset', 'timeout', 'protocol']

/** The problem document of a 400 when no item of a batch is good. */
const NoneGood = z.object({ errors: Rejections })

/**
 * Judges the answer to a batch of `count` events. Events leave the spool only when the relay itself
 * has answered for them. Any other answer, such as that of a proxy or another service, is a retry.
 */
export function batchResultOf(answer: HttpResponse | TransportFailure, count: number): BatchResult {
  if (answer.kind === 'failure') return retryOf(answer)
  if (answer.status === 413) return { kind: 'too-large' }
  const rejected = rejectedIn(answer, count)
  return rejected ? { kind: 'done', rejected } : retryOf(answer)
}

/** The refusals in an answer; undefined when it does not account for every event. */
function rejectedIn(
  { status, body }: HttpResponse,
  count: number,
): readonly Rejection[] | undefined {
  if (status !== 202 && status !== 400) return undefined
  const value = jsonValue(body)
  const answer = status === 202 ? takenOf(value) : noneGoodOf(value)
  if (answer === undefined) return undefined
  const indices = new Set(answer.rejected.map(({ index }) => index).filter((i) => i < count))
  const isWhole = indices.size === answer.rejected.length
  return isWhole && answer.accepted + indices.size === count ? answer.rejected : undefined
}

function takenOf(value: unknown): ReceivedEvents | undefined {
  return ReceivedEvents.safeParse(value).data
}

function noneGoodOf(value: unknown): ReceivedEvents | undefined {
  const read = NoneGood.safeParse(value)
  return read.success ? { accepted: 0, rejected: read.data.errors } : undefined
}

const MAX_DETAIL_LENGTH = 300
const NOT_OF_A_RELAY = 'the answer is not from a relay'
/** Of an answer whose rest did not come, or that is longer than any of a relay. */
const CUT_OFF = 'the answer was cut off'

/** Why a request has to be repeated, whatever the answer was. */
export function retryOf(answer: HttpResponse | TransportFailure): Retry {
  if (answer.kind === 'failure') {
    const { cause, detail, mayHaveArrived } = answer
    const isSuspect = mayHaveArrived && MAYBE_OF_CONTENT.includes(cause)
    return { kind: 'retry', reason: cause, detail, ...(isSuspect && { suspicion: 'weak' }) }
  }
  const { status, headers, body, receivedAt, truncated } = answer
  const said = problemIn(body)?.detail ?? (truncated ? CUT_OFF : NOT_OF_A_RELAY)
  const hint = hintOf(status, headers.location)
  return {
    kind: 'retry',
    reason: String(status),
    detail: ellipsize(`HTTP ${status}: ${said}${hint}`, MAX_DETAIL_LENGTH),
    retryAfterMs: parseRetryAfterMs(headers['retry-after'], receivedAt),
    ...(!NOT_OF_CONTENT.includes(status) && {
      suspicion: status < 500 && !truncated ? 'strong' : 'weak',
    }),
  }
}

/** What people should check. */
function hintOf(status: number, location: string | undefined): string {
  if (status === 401) return '; check --cluster and --token-file'
  if (status === 404) return '; check --relay'
  return location === undefined ? '' : `; it redirects to ${location}, check --relay`
}
