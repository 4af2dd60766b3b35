import { z } from 'zod'
import type { Event } from '../model/event.ts'
import { ellipsize } from '../model/text.ts'
import type { HttpResponse } from '../ports/http.ts'
import { classifyWaitingAnswer } from './answers/waiting-answer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { postJson } from './messages/json-request.ts'
import { messageWithLateness } from './messages/lateness.ts'
import { withAtMost } from './messages/metadata-order.ts'
import { shownMetadata, sortedMetadata, titleOf } from './messages/names.ts'
import { cutToFit } from './messages/size-limit.ts'
import { slackMessage } from './messages/slack-message.ts'
import { asIs, escapeMarkdown, escapeTexts, markdownLink } from './messages/texts.ts'
import { optionalText, webhookAddress } from './settings.ts'
import type { Verdict } from './verdict.ts'

/**
 * The limits of embeds, in characters. Discord turns Slack's attachments into embeds:
 * https://docs.discord.com/developers/resources/message#embed-object-embed-limits
 */
const MAX_AUTHOR = 256
const MAX_DESCRIPTION = 4_096
const MAX_FIELD_NAME = 256
const MAX_FIELD_VALUE = 1_024
const MAX_FIELDS = 25
const MAX_EMBED = 6_000

/** The longest user name; the shortest has one character: https://docs.discord.com/developers/resources/webhook#execute-webhook */
const MAX_USERNAME = 80

/** Discord: the Slack-compatible form of a webhook. */
export const discord = httpProvider({
  type: 'discord',
  family: 'chat',
  hasTitle: true,
  hasLink: true,
  settings: z.object({
    address: webhookAddress(),
    username: optionalText(),
  }),
  fit: cutToEmbed,
  requests(notification, settings) {
    const { event } = notification
    const username = settings.username || event.reportingController.trim()
    const message = slackMessage(escaped(notification), {
      channel: '',
      username: ellipsize(username, MAX_USERNAME),
      fallback: '',
      goodColor: 'good',
      dangerColor: 'danger',
    })
    const attachments = message.attachments.map((attachment) => ({
      ...attachment,
      author_name: ellipsize(attachment.author_name, MAX_AUTHOR),
    }))
    const body = {
      ...message,
      // The webhook has a name of its own; an empty one is refused.
      username: message.username || undefined,
      attachments,
    }
    return [postJson(slackCompatible(settings.address), body)]
  },
  classify: classifyDiscord,
})

/**
 * The Slack-compatible address of a webhook:
 * https://docs.discord.com/developers/resources/webhook#execute-slackcompatible-webhook
 */
function slackCompatible(address: string): string {
  const url = new URL(address)
  if (url.pathname.endsWith('/slack')) return address
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/slack`
  return url.href
}

/**
 * The notification with its texts escaped. Discord shows the texts of an embed as Markdown, and the
 * object's name literally. A mention in an embed notifies nobody:
 * https://docs.discord.com/developers/reference#message-formatting
 */
function escaped(notification: Notification): Notification {
  return escapeTexts(notification, { text: escapeDiscord, name: asIs, link: markdownLink })
}

function escapeDiscord(text: string): string {
  return escapeMarkdown(text).replace(/<(?=[@#:!/a-z])/gi, '\\<')
}

/**
 * The text, or its longest beginning with an ellipsis that has at most `maxUnits` units once
 * escaped.
 */
function cutEscaped(text: string, maxUnits: number): string {
  let units = Math.min(text.length, maxUnits)
  for (;;) {
    const excess = escapeDiscord(ellipsize(text, units)).length - maxUnits
    if (excess <= 0) return ellipsize(text, units)
    // No character has more than two units once escaped.
    units -= Math.ceil(excess / 2)
  }
}

function cutToEmbed(notification: Notification): Event {
  const { event, authored } = notification
  const shown = { ...event, metadata: Object.fromEntries(shownMetadata(event)) }
  const fields = sortedMetadata(withAtMost(MAX_FIELDS, { event: shown, authored })).map(
    ([name, value]) => [
      cutEscaped(name, MAX_FIELD_NAME),
      authored.has(name) ? ellipsize(value, MAX_FIELD_VALUE) : cutEscaped(value, MAX_FIELD_VALUE),
    ],
  )
  const limited = { ...event, metadata: Object.fromEntries(fields) }
  return cutToFit({ ...notification, event: limited }, (c) => fitsEmbed(escaped(c)))
}

function fitsEmbed(notification: Notification): boolean {
  const { event } = notification
  const message = messageWithLateness(notification)
  const texts = [titleOf(notification), message, ...Object.entries(event.metadata).flat()]
  const total = texts.reduce((sum, text) => sum + text.length, 0)
  return message.length <= MAX_DESCRIPTION && total <= MAX_EMBED
}

/**
 * The wait in an answer, in seconds with a fraction:
 * https://docs.discord.com/developers/topics/rate-limits#exceeding-a-rate-limit
 */
const Wait = z
  .object({ retry_after: z.number() })
  .transform(({ retry_after }) => retry_after * 1_000)

function classifyDiscord(response: HttpResponse): Verdict {
  return classifyWaitingAnswer(response, Wait)
}
