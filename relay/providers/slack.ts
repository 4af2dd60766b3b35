import { z } from 'zod'
import { ellipsize } from '../model/text.ts'
import type { HttpResponse } from '../ports/http.ts'
import { classifyStatus, limitWait } from './answers/classify.ts'
import { parseJsonAnswer } from './answers/json-answer.ts'
import { foreignVerdict, isNoPage } from './answers/own-answer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { authorization, postJson } from './messages/json-request.ts'
import { messageWithLateness } from './messages/lateness.ts'
import { titleOf } from './messages/names.ts'
import { quotable, serviceWords } from './messages/service-message.ts'
import { sendShortest } from './messages/shortest-form.ts'
import { cutToFit } from './messages/size-limit.ts'
import { slackMessage } from './messages/slack-message.ts'
import { escapeEntities, escapeTexts, type LinkText, partMentions } from './messages/texts.ts'
import { optionalText, optionalToken, webhookAddress } from './settings.ts'
import { deliverToSlackThread, isPostMessage } from './threads/slack-thread.ts'
import type { Verdict } from './verdict.ts'

/**
 * The longest text of a message, in characters, which is what Slack advises; it documents no other
 * limit for attachments: https://docs.slack.dev/reference/methods/chat.postMessage#truncating
 */
const MAX_TEXT_LENGTH = 40_000
const MAX_FALLBACK_LENGTH = 4_000

/**
 * Errors of the Web API after which a later try may succeed. The last three are of a channel or a
 * workspace that is being moved: https://docs.slack.dev/reference/methods/chat.postMessage#errors
 */
const RETRYABLE_ERRORS: ReadonlySet<string> = new Set([
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'request_timeout',
  'service_unavailable',
  'external_channel_migrating',
  'org_login_required',
  'team_added_to_org',
])

/** Errors that a new token may correct. */
const TOKEN_ERRORS: ReadonlySet<string> = new Set([
  'invalid_auth',
  'not_authed',
  'token_expired',
  'token_revoked',
  'account_inactive',
])

const Settings = z.object({
  address: webhookAddress(),
  channel: optionalText(),
  username: optionalText(),
  token: optionalToken(),
})
type Settings = z.infer<typeof Settings>

/** Slack: an incoming webhook, or `chat.postMessage` of the Web API with a bot token. */
export const slack = httpProvider({
  type: 'slack',
  family: 'chat',
  hasTitle: true,
  hasLink: true,
  settings: Settings,
  fit: (notification, { address }) =>
    cutToFit(notification, (c) => textLength(escaped(c, address)) <= MAX_TEXT_LENGTH),
  requests,
  // Other servers may take less, such as 7,900 characters: https://github.com/mattermost/mattermost/issues/14207
  fallback: (answer, notification, settings) =>
    isSlack(settings.address)
      ? undefined
      : sendShortest(answer, notification, (shortened) => requests(shortened, settings)),
  threading: {
    lacks: ({ address, token }) =>
      isPostMessage(address) && token !== '' ? undefined : 'a webhook of Slack has no threads',
    deliver: (notification, settings, tryPorts) =>
      deliverToSlackThread(
        notification,
        { ...settings, message: messageOf(notification, settings), classify: classifySlack },
        tryPorts,
      ),
  },
  classify: classifySlack,
})

function requests(notification: Notification, settings: Settings) {
  const { address, token } = settings
  return [postJson(address, messageOf(notification, settings), authorization('Bearer', token))]
}

function messageOf(notification: Notification, { address, channel, username }: Settings) {
  const { event } = notification
  const [firstLine] = event.message.split('\n', 1)
  const fallback = ellipsize(`${titleOf(notification)}: ${firstLine}`, MAX_FALLBACK_LENGTH)
  return slackMessage(escaped(notification, address), {
    channel,
    username: username || event.reportingController,
    fallback: escapeEntities(fallback),
    goodColor: 'good',
    dangerColor: 'danger',
    isLiteral: FORMATTED.test(event.message),
  })
}

/**
 * The characters that mrkdwn formats and that have no escape:
 * https://docs.slack.dev/messaging/formatting-message-text
 */
const FORMATTED = /[*_~`]|^>/m

/**
 * The notification with its texts escaped. Slack reads mentions and links between angle brackets
 * only, and shows `@channel` literally. Other servers with the same form, such as Mattermost, look
 * for `@channel` in the text: https://docs.slack.dev/messaging/formatting-message-text#escaping
 * https://developers.mattermost.com/integrate/slash-commands/slack
 */
function escaped(notification: Notification, address: string): Notification {
  if (isSlack(address)) return escapeTexts(notification, { text: escapeEntities, link: slackLink })
  const text = (plain: string) => partMentions(escapeEntities(plain))
  return escapeTexts(notification, { text, link: slackLink })
}

/** https://docs.slack.dev/messaging/formatting-message-text#linking-urls */
const slackLink: LinkText = (text, url) =>
  text.includes('|') ? text : `<${escapeEntities(url).replaceAll('|', '%7C')}|${text}>`

function isSlack(address: string): boolean {
  return /(^|\.)slack(-gov)?\.com$/.test(new URL(address).hostname)
}

function textLength(notification: Notification): number {
  const { event } = notification
  const message = messageWithLateness(notification)
  const texts = [titleOf(notification), message, ...Object.entries(event.metadata).flat()]
  return texts.reduce((sum, text) => sum + text.length, 0)
}

/**
 * Judges the answer. Webhooks answer a word with its status, and the Web API answers 200 with `ok:
 * false`: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
 * https://docs.slack.dev/apis/web-api/#responses
 */
function classifySlack(response: HttpResponse): Verdict {
  const foreign = foreignVerdict(response, isNoPage)
  if (foreign !== undefined) return foreign
  const verdict = classifyStatus(response)
  const failure = parseJsonAnswer(WebApiError, response.body)
  if (verdict.kind !== 'delivered') {
    const said = failure?.said ?? serviceWords(response)
    return said === undefined ? verdict : { ...verdict, reason: `${verdict.reason}: ${said}` }
  }
  if (failure === undefined) return verdict
  const { error, said } = failure
  const reason = `Slack answered ${said}`
  if (RETRYABLE_ERRORS.has(error)) {
    return { kind: 'retry', reason, applied: 'no', ...limitWait(response) }
  }
  return { kind: TOKEN_ERRORS.has(error) ? 'unauthorized' : 'rejected', reason }
}

/** The word of the error, with the scope that is missing, or what is wrong with a field. */
const WebApiError = z
  .object({
    ok: z.literal(false),
    error: z.string().catch('ok: false'),
    needed: z.string().optional().catch(undefined),
    response_metadata: z
      .object({ messages: z.array(z.string()).catch([]) })
      .catch({ messages: [] })
      .default({ messages: [] }),
  })
  .transform(({ error, needed, response_metadata: { messages } }) => {
    const missing = needed === undefined ? [] : [`it needs ${needed}`]
    return { error, said: quotable([error, ...missing, ...messages].join(': ')) }
  })
