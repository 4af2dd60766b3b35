import type { HttpResponse } from '../../ports/http.ts'
import { serviceMessage } from '../messages/service-message.ts'

/**
 * What GitHub says of a description with characters of four bytes in UTF-8. None of its documents does:
 * https://github.com/ouzi-dev/commit-status-updater/issues/526, https://github.com/wip/app/pull/138
 */
const REFUSES_EMOJI = /description (?:doesn't accept 4-byte|contains unicode characters above)/i

/** One or several characters beyond the Basic Multilingual Plane, with what joins them to one emoji. */
const BEYOND_BMP = /[\u{10000}-\u{10ffff}](?:[\u{10000}-\u{10ffff}]|\u200d|\ufe0f)*/gu

/** Whether GitHub refused a description for emoji in it, or for what else has four bytes. */
export function refusesEmoji({ status, body }: HttpResponse): boolean {
  return status === 422 && REFUSES_EMOJI.test(serviceMessage(body) ?? '')
}

/** The description with a replacement character for each run of what GitHub refuses. */
export function withoutEmoji(description: string): string {
  return description.replace(BEYOND_BMP, '\ufffd')
}

/** What the ledger tells of a description that was sent again. */
export const EMOJI_NOTE =
  'answered with HTTP 422, and sent again with \ufffd for emoji and the like in the description'
