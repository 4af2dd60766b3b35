import { z } from 'zod'
import type { HttpResponse } from '../ports/http.ts'
import { limitWait } from './answers/classify.ts'
import { parseJsonAnswer } from './answers/json-answer.ts'
import { classifyServiceAnswer } from './answers/service-answer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { postJson } from './messages/json-request.ts'
import { latenessLines } from './messages/lateness.ts'
import { isError, sortedMetadata, titleOf } from './messages/names.ts'
import { quotable } from './messages/service-message.ts'
import { cutToFit, jsonBytes } from './messages/size-limit.ts'
import { asIs, escapeOutsideUrls, escapeTexts, markdownLink } from './messages/texts.ts'
import { webhookAddress } from './settings.ts'
import type { Verdict } from './verdict.ts'

/**
 * The largest body, "20 K": https://open.larksuite.com/document/client-docs/bot-v3/add-custom-bot
 */
const MAX_BODY_BYTES = 20_000

/** Lark, called Feishu in China: the webhook of a custom bot. */
export const lark = httpProvider({
  type: 'lark',
  family: 'chat',
  hasTitle: true,
  hasLink: true,
  settings: z.object({ address: webhookAddress() }),
  fit: (notification) =>
    cutToFit(notification, (candidate) => jsonBytes(cardMessage(candidate)) <= MAX_BODY_BYTES),
  requests: (notification, { address }) => [postJson(address, cardMessage(notification))],
  classify: classifyLark,
})

/**
 * The characters that have a meaning in Lark's Markdown: tags such as `<at id=all>`, which it
 * refuses where mentions of all are not allowed, entities, emphasis, code, links and `:EMOJI:`.
 * They are escaped as numeric entities:
 * https://open.larksuite.com/document/common-capabilities/message-card/message-cards-content/using-markdown-tags
 */
const MARK = /[<>*`]|~(?=~)|&(?=#?\w+;)|\](?=[([])|:(?=[A-Z_]+:)/g

function escapeLark(text: string): string {
  return escapeOutsideUrls(text, (part) => part.replace(MARK, (mark) => `&#${mark.charCodeAt(0)};`))
}

function cardMessage(whole: Notification) {
  const notification = escapeTexts(whole, { text: escapeLark, name: asIs, link: markdownLink })
  const { event, link } = notification
  const metadata = sortedMetadata(event).map(([key, value]) => `${key}: ${value}\n`)
  const title = `${isError(event) ? '🚨' : '💫'} ${titleOf(notification)}`
  const lateness = latenessLines(notification).map((line) => `${line}\n`)
  const content = `**${event.message}**\n\n${[...lateness, ...metadata].join('')}`
  return {
    msg_type: 'interactive',
    card: {
      config: { wide_screen_mode: true },
      header: {
        title: { tag: 'plain_text', content: title },
        template: isError(event) ? 'red' : 'turquoise',
      },
      elements: [
        { tag: 'div', text: { tag: 'lark_md', content } },
        ...(link === undefined ? [] : [{ tag: 'action', actions: [openButton(link)] }]),
      ],
    },
  }
}

/** https://open.larksuite.com/document/common-capabilities/message-card/message-cards-content/interactive-components/button */
function openButton(url: string) {
  return { tag: 'button', text: { tag: 'plain_text', content: 'Open' }, type: 'default', url }
}

/**
 * The codes of rate limits: of the message service, of one chat, and of the platform. 9499 is a
 * rate limit only when its message says so; usually it means a body that Lark cannot read.
 * https://open.larksuite.com/document/server-docs/api-call-guide/generic-error-code
 */
const LIMIT_CODES: ReadonlySet<number> = new Set([11_232, 230_020, 99_991_400])
const LIMIT_MESSAGE = /too many request|frequency limit/i

/** The code for an unknown token in the address. */
const TOKEN_CODE = 19_001

const LarkAnswer = z.object({ code: z.number(), msg: z.string().catch('') })

/** Judges the answer. Lark answers refusals with 200 too, and a code other than 0. */
function classifyLark(response: HttpResponse): Verdict {
  const verdict = classifyServiceAnswer(response)
  const answer = parseJsonAnswer(LarkAnswer, response.body)
  if (answer === undefined || answer.code === 0) return verdict
  if (verdict.kind !== 'delivered' && verdict.kind !== 'rejected') return verdict
  if (response.status >= 300 && response.status < 400) return verdict
  const said = quotable(answer.msg)
  const reason = `Lark answered code ${answer.code}${said === '' ? '' : `: ${said}`}`
  if (LIMIT_CODES.has(answer.code) || LIMIT_MESSAGE.test(answer.msg)) {
    return { kind: 'retry', reason, applied: 'no', ...limitWait(response) }
  }
  return { kind: answer.code === TOKEN_CODE ? 'unauthorized' : 'rejected', reason }
}
