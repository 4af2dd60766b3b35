import type { ZodType } from 'zod'
import type { HttpResponse } from '../../ports/http.ts'
import { serviceWords } from '../messages/service-message.ts'
import type { Verdict } from '../verdict.ts'
import { parseJsonAnswer } from './json-answer.ts'

/**
 * Tells by the body of a success whether the service itself has answered. What stands in front of a service, such
 * as a proxy, a sign-in or a web server, answers with a success too, and has not heard of the request.
 */
export type OwnAnswer = (response: HttpResponse) => boolean

/**
 * The beginning of markup. A page in UTF-16 has zeros between its letters, and its byte order mark is read as U+FFFD.
 * A letter has to follow, since bytes of protobuf may begin with `<` too.
 */
const MARKUP = /^[\s\0\ufffd]*<\0?[a-z!?/]/i

/** The beginning of a whole page. */
const DOCUMENT = /^\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b/i

/** Anything but markup. It is what is asked of a service for which other servers stand in, with answers of their own. */
export const isNoPage: OwnAnswer = ({ body }) => !MARKUP.test(body)

/** Anything but a whole page. An endpoint of one's own may answer with a line of HTML. */
export const isNoDocument: OwnAnswer = ({ body }) => !DOCUMENT.test(body)

/** The beginning of a JSON object or array. */
export const isJson: OwnAnswer = ({ body }) => /^\s*[{[]/.test(body)

/** As `isJson`, for an API that answers some requests with nothing. */
export const isJsonOrEmpty: OwnAnswer = (response) => response.body === '' || isJson(response)

/** A JSON value of this form. Of an answer that was cut, the beginning counts. */
export function isJsonOf(schema: ZodType): OwnAnswer {
  return (response) =>
    response.truncated ? isJson(response) : parseJsonAnswer(schema, response.body) !== undefined
}

/**
 * The verdict on a success that is not the service's own; undefined for any other answer. A success of which nothing
 * can be read counts by its status, unless it is a page by its type.
 */
export function foreignVerdict(response: HttpResponse, isOwn: OwnAnswer): Verdict | undefined {
  const { status } = response
  if (status < 200 || status >= 300) return undefined
  const isPage = isUnreadable(response) ? isHtml(response) : !isNoPage(response)
  const isForeign = isUnreadable(response) ? isPage : !isOwn(response)
  if (!isForeign) return undefined
  const reason = `HTTP ${status}: ${whatItIs(response, isPage)}`
  return { kind: 'retry', reason, applied: 'unknown' }
}

/** The codings of RFC 9110, section 8.4.1, and later ones. Some servers name a charset in their place. */
const COMPRESSED = /\b(?:gzip|deflate|compress|br|zstd)\b/i

/** Whether nothing of the body can be read: it was cut before its first byte, or is compressed, for which nobody asked. */
function isUnreadable({ body, truncated, headers }: HttpResponse): boolean {
  return (truncated && body === '') || COMPRESSED.test(headers['content-encoding'] ?? '')
}

function isHtml({ headers }: HttpResponse): boolean {
  return /html/i.test(headers['content-type'] ?? '')
}

function whatItIs(response: HttpResponse, isPage: boolean): string {
  if (isPage) return "the answer is a page, and not one of the service's API"
  if (response.body.trim() === '') return "the answer is empty, and so not one of the service's API"
  const said = serviceWords(response)
  return `the answer is not one of the service's API${said === undefined ? '' : `: ${said}`}`
}
