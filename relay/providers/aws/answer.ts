import { z } from 'zod'
import type { HttpResponse } from '../../ports/http.ts'
import { classifyStatus, limitWait } from '../answers/classify.ts'
import { judgeSigned } from '../answers/clock-difference.ts'
import { parseJsonAnswer } from '../answers/json-answer.ts'
import { foreignVerdict, isNoPage, type OwnAnswer } from '../answers/own-answer.ts'
import { classifyServiceAnswer } from '../answers/service-answer.ts'
import { quotable } from '../messages/service-message.ts'
import type { Verdict } from '../verdict.ts'

/** An error of AWS. */
export interface AwsError {
  /** Such as `QueueDoesNotExist`. */
  readonly code: string
  readonly message: string
}

/**
 * The codes of errors that come of too many requests, whatever the status, which is 400 for some:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
const LIMITED: ReadonlySet<string> = new Set([
  'KMSThrottling',
  'KMSThrottlingException',
  'KmsThrottled',
  'LimitExceededException',
  'OverLimit',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
])

/** The codes of passing errors that come with the status 400, or with none. */
const PASSING: ReadonlySet<string> = new Set([
  'InternalException',
  'InternalFailure',
  'RequestTimeout',
  'ServiceUnavailable',
])

/** The codes of errors of the credential or its rights, which come with the status 400 too. */
const UNAUTHORIZED: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'NotAuthorized',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
])

/** The codes of errors that a signature gets whose time is another than that of AWS, among others. */
const OF_SIGNATURE: ReadonlySet<string> = new Set([
  'InvalidSignatureException',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
])

/**
 * AWS takes signatures whose time is five minutes from its own, of which a slow answer may be a part. Milliseconds.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
const REFUSED_FROM_MS = 4 * 60_000

/**
 * Judges an answer of AWS by the code of its error, and by its status without one. `isOwn` is that of
 * `classifyServiceAnswer`.
 */
export function classifyAwsAnswer(response: HttpResponse, isOwn: OwnAnswer = isNoPage): Verdict {
  const foreign = foreignVerdict(response, isOwn)
  if (foreign !== undefined) return foreign
  const verdict = classifyStatus(response)
  if (verdict.kind === 'delivered') return verdict
  const error = awsErrorOf(response.body)
  // Such as that of a proxy.
  if (error === undefined) return classifyServiceAnswer(response)
  const reason = `${verdict.reason}: ${awsErrorText(error)}`
  const judged = judgeAwsCode(error.code)
  if (judged?.kind === 'retry') return { ...judged, reason, ...limitWait(response) }
  const signed = { ...(judged ?? verdict), reason }
  return OF_SIGNATURE.has(error.code) ? judgeSigned(signed, response, REFUSED_FROM_MS) : signed
}

/** What the code of an error alone says; undefined when it says nothing about another try. */
export function judgeAwsCode(
  code: string,
):
  | { readonly kind: 'retry'; readonly applied: 'no' | 'unknown' }
  | { readonly kind: 'unauthorized' }
  | undefined {
  if (LIMITED.has(code)) return { kind: 'retry', applied: 'no' }
  if (PASSING.has(code)) return { kind: 'retry', applied: 'unknown' }
  return UNAUTHORIZED.has(code) ? { kind: 'unauthorized' } : undefined
}

/** An error as reasons quote it. */
export function awsErrorText({ code, message }: AwsError): string {
  return quotable(message === '' ? code : `${code}: ${message}`)
}

const JsonError = z.object({
  __type: z.string(),
  message: z.string().optional(),
  Message: z.string().optional(),
})

/**
 * Reads an error: JSON, whose code may have a namespace before it, or XML.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#operation-error-serialization
 */
function awsErrorOf(body: string): AwsError | undefined {
  const json = parseJsonAnswer(JsonError, body)
  if (json !== undefined) {
    const { __type: type, message = json.Message ?? '' } = json
    return { code: type.slice(type.lastIndexOf('#') + 1), message }
  }
  const code = /<Code>([\w.]{1,100})<\/Code>/.exec(body)?.[1]
  if (code === undefined) return undefined
  return { code, message: /<Message>([^<]*)<\/Message>/.exec(body)?.[1] ?? '' }
}
