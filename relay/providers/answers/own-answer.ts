import type { HttpResponse } from '../../ports/http.ts'
import type { Verdict } from '../verdict.ts'

/**
 * Tells by the body of a success whether the service itself may have answered. What stands in front of a service, such
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

/** Anything but markup. More is not asked for: servers that stand in for a service answer in words of their own. */
export const isNoPage: OwnAnswer = (response) => isUnlike(MARKUP, response)

/** Anything but a whole page, of a service that answers in XML. */
export const isNoDocument: OwnAnswer = (response) => isUnlike(DOCUMENT, response)

/** Anything at all, of an endpoint that may be a web page as well. */
export const isAnything: OwnAnswer = () => true

/** The verdict on a success that is not the service's own; undefined for any other answer. */
export function foreignVerdict(response: HttpResponse, isOwn: OwnAnswer): Verdict | undefined {
  const { status } = response
  if (status < 200 || status >= 300 || isOwn(response)) return undefined
  const reason = `HTTP ${status}: the answer is a page, and not one of the service's API`
  return { kind: 'retry', reason, applied: 'unknown' }
}

/** Of an answer of which nothing can be read only its type counts. */
function isUnlike(page: RegExp, response: HttpResponse): boolean {
  return isUnreadable(response) ? !isHtml(response) : !page.test(response.body)
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
