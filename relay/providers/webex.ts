import { z } from 'zod'
import { classifyPassing } from './answers/passing-answer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { authorization, postJson } from './messages/json-request.ts'
import { messageWithLateness } from './messages/lateness.ts'
import { isError, sortedMetadata, titleOf } from './messages/names.ts'
import { cutToFit } from './messages/size-limit.ts'
import { escapeEntities, escapeMarkdown, escapeTexts, markdownLink } from './messages/texts.ts'
import { requiredToken, webhookAddress } from './settings.ts'

/** The longest Markdown: https://developer.webex.com/docs/api/v1/messages/create-a-message */
const MAX_MARKDOWN_BYTES = 7_439

/** The status of what is not available for a while: https://developer.webex.com/docs/basics#api-errors */
const LOCKED = 423

/** Webex: a bot's message to a room, through the REST API. */
export const webex = httpProvider({
  type: 'webex',
  family: 'chat',
  hasTitle: true,
  hasLink: true,
  settings: z.object({
    address: webhookAddress(),
    channel: z.string().min(1, 'set spec.channel to the id of the room'),
    token: requiredToken(),
  }),
  fit: (notification) =>
    cutToFit(
      notification,
      (candidate) => Buffer.byteLength(markdown(candidate)) <= MAX_MARKDOWN_BYTES,
    ),
  requests(notification, { address, channel, token }) {
    const body = { roomId: channel, markdown: markdown(notification) }
    return [postJson(address, body, authorization('Bearer', token))]
  },
  classify: (response) => classifyPassing(response, LOCKED),
})

/**
 * The message as Markdown. Webex reads HTML, and mentions such as `<@all>`, in Markdown:
 * https://developer.webex.com/docs/basics#formatting-messages
 */
function markdown(whole: Notification): string {
  const notification = escapeTexts(whole, {
    text: (text) => escapeMarkdown(escapeEntities(text)),
    link: markdownLink,
  })
  const { event, link } = notification
  const title = titleOf(notification)
  const heading = link === undefined ? title : markdownLink(title, link)
  const lines = [
    `${isError(event) ? '💣' : '✅'} **${heading}**`,
    messageWithLateness(notification),
    ...sortedMetadata(event).map(([key, value]) => `>**${key}**: ${value}`),
  ]
  return lines.map((line) => `${line}\n`).join('')
}
