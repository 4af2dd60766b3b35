import type { Notification } from '../contract.ts'
import { messageWithLateness } from './lateness.ts'
import { isError, shownMetadata, titleOf } from './names.ts'

/** What the types that speak Slack's message format set differently. */
export interface SlackMessageOptions {
  readonly channel: string
  readonly username: string
  readonly fallback: string
  readonly goodColor: string
  readonly dangerColor: string
  /** Whether the service shall not format the text, so that marks such as `*` are seen. */
  readonly isLiteral?: boolean
}

/**
 * A Slack message with one attachment, as incoming webhooks and `chat.postMessage` take it:
 * https://docs.slack.dev/reference/messaging/attachments
 * The texts of the notification go in as they are: the type has escaped them.
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
        author_name: titleOf(notification),
        ...(notification.link !== undefined && { author_link: notification.link }),
        text: messageWithLateness(notification),
        mrkdwn_in: options.isLiteral ? [] : ['text'],
        fields: shownMetadata(event).map(([title, value]) => ({ title, value, short: false })),
      },
    ],
  }
}
