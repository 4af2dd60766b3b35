import { z } from 'zod'
import { classifyServiceAnswer } from './answers/service-answer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { postJson } from './messages/json-request.ts'
import { messageWithLateness } from './messages/lateness.ts'
import { withAtMost } from './messages/metadata-order.ts'
import { isError, shownMetadata, titleOf } from './messages/names.ts'
import { cutToFit, jsonBytes } from './messages/size-limit.ts'
import { asIs, escapeEntities, escapeTexts, type LinkText } from './messages/texts.ts'
import { webhookAddress } from './settings.ts'

/**
 * The largest message with its cards: https://developers.google.com/workspace/chat/create-messages
 */
const MAX_MESSAGE_BYTES = 32_000

/**
 * The most entries of metadata: a card has at most 100 widgets, of which one is the text and one the button. The
 * section with the first one too many is ignored, and so are those behind it:
 * https://developers.google.com/workspace/chat/api/reference/rest/v1/cards
 */
const MAX_ENTRIES = 98

/** Google Chat: the webhook of a space. */
export const googleChat = httpProvider({
  type: 'googlechat',
  family: 'chat',
  hasTitle: true,
  hasLink: true,
  settings: z.object({ address: webhookAddress() }),
  fit: (notification) =>
    cutToFit(
      { ...notification, event: withAtMost(MAX_ENTRIES, notification) },
      (candidate) => jsonBytes(cardMessage(candidate)) <= MAX_MESSAGE_BYTES,
    ),
  requests: (notification, { address }) => [
    postJson(
      notification.thread === undefined ? address : inThread(address),
      cardMessage(notification),
    ),
  ],
  // The service opens a thread for a key that it does not know.
  threading: {},
  classify: classifyServiceAnswer,
})

/**
 * A message with one card of the first version, which webhooks still accept. Its widgets may
 * contain some HTML, and must have a text:
 * https://developers.google.com/workspace/chat/api/reference/rest/v1/cards-v1
 * https://developers.google.com/workspace/chat/format-messages#card-formatting
 */
function cardMessage(whole: Notification) {
  const notification = escapeTexts(whole, { text: escapeEntities, name: asIs, link: chatLink })
  const { event, link, thread } = notification
  const metadata = shownMetadata(event)
  const text = messageText(notification)
  return {
    ...(thread !== undefined && { thread: { threadKey: thread.name } }),
    cards: [
      {
        header: {
          title: titleOf(notification),
          subtitle: event.reportingController,
          imageUrl: null,
          imageStyle: null,
        },
        sections: [
          ...(text === '' ? [] : [section([{ textParagraph: { text }, keyValue: null }])]),
          ...(metadata.length > 0 ? [section(metadata.map(keyValueWidget))] : []),
          ...(link === undefined ? [] : [section([{ buttons: [openButton(link)] }])]),
        ],
      },
    ],
  }
}

/**
 * The address of a webhook for messages that name their thread, which it ignores otherwise:
 * https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages/create#MessageReplyOption
 */
function inThread(address: string): string {
  const url = new URL(address)
  url.searchParams.set('messageReplyOption', 'REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD')
  return url.href
}

const chatLink: LinkText = (text, url) =>
  `<a href="${escapeEntities(url).replaceAll('"', '%22')}">${text}</a>`

function openButton(url: string) {
  return { textButton: { text: 'OPEN', onClick: { openLink: { url } } } }
}

function section<W>(widgets: readonly W[]) {
  return { header: '', widgets }
}

function messageText(notification: Notification): string {
  const message = messageWithLateness(notification)
  if (message.trim() === '') return ''
  return isError(notification.event) ? `<font color="#ff0000">${message}</font>` : message
}

function keyValueWidget([key, value]: readonly [string, string]) {
  return {
    textParagraph: null,
    keyValue: {
      topLabel: key,
      content: value,
      contentMultiline: false,
      bottomLabel: null,
      icon: null,
    },
  }
}
