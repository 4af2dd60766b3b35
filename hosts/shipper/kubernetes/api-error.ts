import { z } from 'zod'
import { parseJson } from '../../../relay/api/json.ts'
import { ellipsize } from '../../../relay/model/text.ts'

/**
 * The body of an API server's error.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 */
const Status = z.object({
  kind: z.literal('Status'),
  code: z.int().optional().catch(undefined),
  reason: z.string().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  details: z
    .object({ causes: z.array(z.object({ reason: z.string().optional() })).optional() })
    .optional()
    .catch(undefined),
})
type Status = z.infer<typeof Status>

const MAX_MESSAGE_LENGTH = 500

/** The messages for errors without a `Status`, such as for a kind whose definition was deleted. */
const MESSAGES: Readonly<Record<number, string>> = { 404: 'nothing is served at this path' }

export interface ApiErrorOptions {
  /** The HTTP status; absent when there was no answer. */
  readonly status?: number | undefined
  readonly reason?: string | undefined
  readonly causes?: readonly string[]
  readonly retryAfterMs?: number | undefined
  /** Whether the answer was cut: it is larger than the limit, or broke off. */
  readonly isTruncated?: boolean
}

/** The Kubernetes API answered with an error, or did not answer. The message is for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** The HTTP status; undefined when there was no answer. */
  readonly status: number | undefined
  /** The reason, such as `Forbidden` or `Expired`. */
  readonly reason: string | undefined
  readonly retryAfterMs: number | undefined
  readonly isTruncated: boolean
  readonly #causes: readonly string[]

  constructor(message: string, options: ApiErrorOptions = {}) {
    super(ellipsize(message, MAX_MESSAGE_LENGTH))
    this.status = options.status
    this.reason = options.reason
    this.retryAfterMs = options.retryAfterMs
    this.isTruncated = options.isTruncated ?? false
    this.#causes = options.causes ?? []
  }

  /**
   * Whether the resource version is too old (410), or unknown to the server, as after a backup was
   * restored. Only a new list helps.
   * https://kubernetes.io/docs/reference/using-api/api-concepts/#410-gone-responses
   */
  get isExpired(): boolean {
    const isAhead = this.#causes.includes('ResourceVersionTooLarge')
    return this.status === 410 || isAhead
  }
}

/** Makes the error of an answer, from its status and its body. */
export function apiErrorOf(
  where: string,
  status: number,
  body: string,
  retryAfterMs?: number,
): ApiError {
  const parsed = parseJson(body)
  const said = 'value' in parsed ? Status.safeParse(parsed.value).data : undefined
  return errorOf(where, status, said, retryAfterMs)
}

/** Makes the error of a watch's line of type `ERROR`. */
export function watchErrorOf(where: string, object: unknown): ApiError {
  const said = Status.safeParse(object).data
  return errorOf(where, said?.code ?? 500, said)
}

function errorOf(
  where: string,
  status: number,
  said: Status | undefined,
  retryAfterMs?: number,
): ApiError {
  const causes = said?.details?.causes?.flatMap(({ reason }) => reason ?? []) ?? []
  const text = said?.message || MESSAGES[status] || 'the answer is not from a Kubernetes API'
  const message = `${where}: HTTP ${status}: ${text}`
  return new ApiError(message, { status, reason: said?.reason, causes, retryAfterMs })
}
