import type { Notification } from '../contract.ts'
import { messageWithLateness } from './lateness.ts'
import { isError, objectLabel, sortedMetadata } from './names.ts'

/** What the types that speak Slack's message format set differently. */
export interface SlackMessageOptions {
  readonly channel: string
  readonly username: string
  readonly fallback: string
  readonly goodColor: string
  readonly dangerColor: string
}

/**
 * A Slack message with one attachment, as incoming webhooks and `chat.postMessage` take it:
 * https://docs.slack.dev/reference/messaging/attachments
 */
export function slackMessage(notification: Notification, options: SlackMessageOptions) {
  const { event } = notification
  return {
    channel: options.channel,
    username: options.username,
    icon_url: '',
    icon_emoji: '',
    attachments: [
      {
        fallback: options.fallback,
        color: isError(event) ? options.dangerColor : options.goodColor,
        author_name: objectLabel(event),
        text: messageWithLateness(notification),
        mrkdwn_in: ['text'],
        fields: sortedMetadata(event).map(([title, value]) => ({ title, value, short: false })),
      },
    ],
  }
}
