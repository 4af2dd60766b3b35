import { z } from 'zod'
import { classifyServiceAnswer } from './answers/service-answer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { postJson } from './messages/json-request.ts'
import { messageWithLateness } from './messages/lateness.ts'
import { shownMetadata, titleOf } from './messages/names.ts'
import { sendShortest } from './messages/shortest-form.ts'
import { requiredToken, webhookAddress } from './settings.ts'

const Settings = z.object({
  address: webhookAddress(),
  token: requiredToken(
    'the Secret named by spec.secretRef needs the key token: the verification token of the connection',
  ),
})

/**
 * Zoom Team Chat: a connection of the Incoming Webhook app. No limit of its messages is documented.
 * https://support.zoom.com/hc/en/article?id=zm_kb&sysparm_article=KB0067640
 */
export const zoom = httpProvider({
  type: 'zoom',
  family: 'chat',
  hasTitle: true,
  hasLink: true,
  settings: Settings,
  requests: messages,
  classify: classifyServiceAnswer,
  fallback: (answer, notification, settings) =>
    sendShortest(answer, notification, (shortened) => messages(shortened, settings)),
})

function messages(notification: Notification, { address, token }: z.infer<typeof Settings>) {
  const body = { content: content(notification) }
  return [postJson(fullFormat(address), body, { authorization: token })]
}

/**
 * The address with the format of messages that have a head and fields, unless it asks for another.
 */
function fullFormat(address: string): string {
  const url = new URL(address)
  const format = url.searchParams.get('format') ?? ''
  if (format !== '') return address
  url.searchParams.set('format', 'full')
  url.searchParams.sort()
  return url.href
}

/** The content of a message: https://developers.zoom.us/docs/team-chat/customizing-messages/ */
function content(notification: Notification) {
  const { event, link } = notification
  const items = shownMetadata(event).map(([key, value]) => ({ key, value }))
  return {
    head: { text: titleOf(notification), sub_head: { text: event.severity } },
    body: [
      { type: 'message', text: messageWithLateness(notification) },
      ...(items.length > 0 ? [{ type: 'fields', items }] : []),
      ...(link === undefined ? [] : [{ type: 'message', text: 'Open', link }]),
    ],
  }
}
