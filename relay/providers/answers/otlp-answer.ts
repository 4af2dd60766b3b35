import { z } from 'zod'
import type { HttpResponse } from '../../ports/http.ts'
import { quotable, serviceMessage } from '../messages/service-message.ts'
import type { Verdict } from '../verdict.ts'
import { classifyStatus } from './classify.ts'
import { parseJsonAnswer } from './json-answer.ts'
import { foreignVerdict, isNoPage } from './own-answer.ts'

/**
 * The retryable statuses. Others must not be tried again:
 * https://opentelemetry.io/docs/specs/otlp/#failures-1
 */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504])

/**
 * Judges a collector's answer to one span. A success that rejects the span is a failure, and must
 * not be tried again either: https://opentelemetry.io/docs/specs/otlp/#partial-success-1
 */
export function classifyOtlpAnswer(response: HttpResponse): Verdict {
  const foreign = foreignVerdict(response, isNoPage)
  if (foreign !== undefined) return foreign
  const verdict = classifyStatus(response)
  const { status, body } = response
  if (verdict.kind === 'delivered') return judgeSuccess(status, readPartialSuccess(body))
  const said = serviceMessage(body) ?? (readNumberAndText(body).text || undefined)
  const reason = said === undefined ? verdict.reason : `${verdict.reason}: ${said}`
  if (verdict.kind === 'retry' && !RETRYABLE.has(status)) {
    return status === 403 ? { kind: 'unauthorized', reason } : { kind: 'rejected', reason }
  }
  return { ...verdict, reason }
}

interface PartialSuccess {
  readonly rejectsSpan: boolean
  /** The collector's message; empty when it sends none. */
  readonly said: string
}

function judgeSuccess(status: number, { rejectsSpan, said }: PartialSuccess): Verdict {
  const reason = [`HTTP ${status}`, said].filter(Boolean).join(': ')
  if (rejectsSpan) return { kind: 'rejected', reason: `${reason}: the collector rejected the span` }
  return said === '' ? { kind: 'delivered' } : { kind: 'delivered', reason }
}

/**
 * Reads an ExportTraceServiceResponse in protobuf, or in JSON, which some collectors send anyway.
 */
function readPartialSuccess(body: string): PartialSuccess {
  const json = parseJsonAnswer(JsonAnswer, body)
  if (json) {
    const { rejectedSpans, errorMessage } = json.partialSuccess
    return { rejectsSpan: rejectedSpans > 0, said: quotable(errorMessage) }
  }
  const [, partialSuccess = ''] = PARTIAL_SUCCESS.exec(body) ?? []
  const { number, text } = readNumberAndText(partialSuccess)
  return { rejectsSpan: number > 0, said: text }
}

/** The JSON form of the answer. protobuf's JSON writes 64-bit numbers as texts. */
const JsonAnswer = z.object({
  partialSuccess: z.object({
    rejectedSpans: z.coerce.number().catch(0),
    errorMessage: z.string().catch(''),
  }),
})

/** A number in protobuf. The body is read as text, so its bytes from 0x80 on may be U+FFFD. */
const VARINT = '[^\\0-\\x7f]*[\\0-\\x7f]'

/** Field 1 of an ExportTraceServiceResponse, which has no other field. */
const PARTIAL_SUCCESS = new RegExp(`^\\n${VARINT}([^]*)$`)

/**
 * Field 1, a number, and field 2, a text. A partial success begins with these, and so does an error
 * (https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto).
 */
const NUMBER_AND_TEXT = new RegExp(`^(?:\\x08(${VARINT}))?(?:\\x12${VARINT}([^\\x1a]*))?`)

/**
 * Reads such a message. If a number has several bytes, only its last byte is known, which is not 0.
 */
function readNumberAndText(message: string) {
  const [, number = '\0', text = ''] = NUMBER_AND_TEXT.exec(message) ?? []
  return { number: number.charCodeAt(number.length - 1), text: quotable(text) }
}
