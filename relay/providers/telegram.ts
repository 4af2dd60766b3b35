import { z } from 'zod'
import type { HttpResponse, OutboundRequest } from '../ports/http.ts'
import { classifyWaitingAnswer } from './answers/waiting-answer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { postJson } from './messages/json-request.ts'
import { messageWithLateness } from './messages/lateness.ts'
import { isError, sortedMetadata } from './messages/names.ts'
import { cutToFit } from './messages/size-limit.ts'
import { asIs, type LinkText, linkCommit } from './messages/texts.ts'
import { optionalWebhookAddress, sensitive } from './settings.ts'
import { deliverToTelegramTopic } from './threads/telegram-topic.ts'
import type { Verdict } from './verdict.ts'

/**
 * The longest text without its markup: https://core.telegram.org/bots/api#sendmessage UTF-16 units
 * are counted here, which are never fewer than characters.
 */
const MAX_TEXT_LENGTH = 4_096

const PUBLIC_API = 'https://api.telegram.org'

/**
 * The form of a channel: an id, which is negative for groups, or a name, and optionally the topic
 * of a forum.
 */
const CHANNEL = /^(-?\d+|@\w+)(?::(\d+))?$/
const CHANNEL_FORM =
  'set spec.channel to the id of a chat such as -1001234567890, or to a name such as @channel; for a topic of a forum add a colon and the id of the topic'

/**
 * The form of a bot's token. It is a part of the path, so it must not contain characters with a
 * meaning there.
 */
const BOT_TOKEN = /^[\w-]+:[\w-]+$/
const TOKEN_FORM =
  'the Secret named by spec.secretRef needs the key token with the token of the bot, such as 110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw'

const Settings = z.object({
  address: optionalWebhookAddress(),
  channel: z.string().regex(CHANNEL, CHANNEL_FORM),
  token: sensitive(z.string().regex(BOT_TOKEN, TOKEN_FORM)),
})
type Settings = z.infer<typeof Settings>

/** Telegram: a bot's message, through the Bot API. */
export const telegram = httpProvider({
  type: 'telegram',
  family: 'chat',
  hasTitle: true,
  hasLink: true,
  settings: Settings,
  fit: (notification) =>
    cutToFit(notification, (candidate) => messageText(candidate, PLAIN).length <= MAX_TEXT_LENGTH),
  requests(notification, settings) {
    const [, , topic] = CHANNEL.exec(settings.channel) ?? []
    return [messageRequest(notification, settings, topic === undefined ? undefined : Number(topic))]
  },
  threading: {
    lacks: ({ channel }) =>
      channel.includes(':') ? 'spec.channel names the topic of all messages' : undefined,
    deliver: (notification, settings, tryPorts) =>
      deliverToTelegramTopic(
        notification,
        {
          chat: settings.channel,
          create: (name) =>
            postJson(methodUrl(settings, 'createForumTopic'), { chat_id: settings.channel, name }),
          post: (topic) => messageRequest(notification, settings, topic),
          classify: classifyTelegram,
        },
        tryPorts,
      ),
  },
  classify: classifyTelegram,
})

function messageRequest(
  notification: Notification,
  settings: Settings,
  topic: number | undefined,
): OutboundRequest {
  const [, chat] = CHANNEL.exec(settings.channel) ?? []
  const body = {
    chat_id: chat,
    message_thread_id: topic,
    text: messageText(notification, MARKDOWN),
    parse_mode: 'MarkdownV2',
  }
  return postJson(methodUrl(settings, 'sendMessage'), body)
}

/**
 * The URL of the method. An address is that of another Bot API server:
 * https://github.com/tdlib/telegram-bot-api
 */
function methodUrl(
  { address, token }: Pick<Settings, 'address' | 'token'>,
  method: 'sendMessage' | 'createForumTopic',
): string {
  const url = new URL(address === '' ? PUBLIC_API : address)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/bot${token}/${method}`
  return url.href
}

/** How text is written into a message. */
interface Markup {
  /** Writes text of others, literally. */
  text(text: string): string
  bold(text: string): string
  /** Writes text of the Alert's author, with its mentions. */
  authored(text: string): string
  /** Makes a text that is written lead to a page. */
  readonly link: LinkText
}

/** The text without its markup, by which its length counts. */
const PLAIN: Markup = {
  text: asIs,
  bold: asIs,
  authored: asIs,
  // As below, where the address stands beside a text that holds code.
  link: (text, url) => (text.includes('`') || MENTION.test(text) ? `${text} ${url}` : text),
}

/**
 * The form MarkdownV2: https://core.telegram.org/bots/api#markdownv2-style Telegram finds mentions
 * in any text, escaped or not, except in code; code cannot be in bold text.
 */
const MARKDOWN: Markup = {
  text: (text) => {
    const parts = text.split(MENTION)
    return parts.map((part, i) => (i % 2 === 1 ? `\`${part}\`` : MARKDOWN.authored(part))).join('')
  },
  bold: (text) => (MENTION.test(text) ? MARKDOWN.text(text) : `*${MARKDOWN.text(text)}*`),
  authored: (text) => text.replace(/[\\.\-_[\]()~>`#+=|{}!*]/g, '\\$&'),
  // No link may hold code.
  link: (text, url) =>
    text.includes('`')
      ? `${text} ${MARKDOWN.authored(url)}`
      : `[${text}](${url.replace(/[)\\]/g, '\\$&')})`,
}

const MENTION = /(?<![A-Za-z0-9_])(@\w+)/

function messageText(notification: Notification, markup: Markup): string {
  const { event, authored, link } = notification
  const { text, bold } = markup
  const { kind, name, namespace } = event.involvedObject
  const { title = `${kind.toLowerCase()}/${name}/${namespace}` } = notification
  const heading = bold(`${isError(event) ? '🚨' : '💫'} ${title}`)
  const lines = [
    link === undefined ? heading : markup.link(heading, link),
    text(messageWithLateness(notification)),
    ...sortedMetadata(event).map(([key, value]) => {
      const shown = authored.has(key)
        ? markup.authored(value)
        : linkCommit(notification, key, text(value), markup.link)
      return `${text('-')} ${bold(key)}: ${shown}`
    }),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** The wait in an answer: https://core.telegram.org/bots/api#responseparameters */
const Wait = z
  .object({ parameters: z.object({ retry_after: z.number() }) })
  .transform(({ parameters }) => parameters.retry_after * 1_000)

function classifyTelegram(response: HttpResponse): Verdict {
  return classifyWaitingAnswer(response, Wait)
}
