import { gzipSync } from 'node:zlib'
import type { HttpResult } from './http-api.ts'

/** The most bytes of an answer as Lambda counts them, which is as JSON: it allows 6 MB, and headers count too. */
const MAX_ANSWER_BYTES = 6_000_000

/** A text is at most six times as long in JSON; one that is shorter than this needs no look. */
const MOST_CERTAIN_LENGTH = MAX_ANSWER_BYTES / 6

/**
 * An answer that Lambda lets through: a body that is too large for it goes compressed, which any client has to expect
 * that does not say otherwise (RFC 9110, section 12.5.3). A smaller one stays as it is.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export function fittingAnswer(answer: HttpResult): HttpResult {
  const { body = '', headers } = answer
  if (body.length < MOST_CERTAIN_LENGTH) return answer
  if (Buffer.byteLength(JSON.stringify(body)) <= MAX_ANSWER_BYTES) return answer
  return {
    ...answer,
    headers: { ...headers, 'content-encoding': 'gzip' },
    body: gzipSync(body).toString('base64'),
    isBase64Encoded: true,
  }
}
