import { z } from 'zod'
import type { Event } from '../model/event.ts'
import { ellipsize } from '../model/text.ts'
import type { HttpResponse } from '../ports.ts'
import { httpProvider, type Notification, type Verdict } from './contract.ts'
import { postJson } from './formats/json-request.ts'
import { messageWithLateness } from './formats/lateness.ts'
import { objectLabel, sortedMetadata } from './formats/names.ts'
import { cutToFit, withShortValues } from './formats/size-limit.ts'
import { slackMessage } from './formats/slack-message.ts'
import { classifyWaitingAnswer } from './formats/waiting-answer.ts'
import { optionalText, webhookAddress } from './settings.ts'

/**
 * Discord turns Slack's attachments into embeds, which have these limits, in characters:
 * https://docs.discord.com/developers/resources/message#embed-object-embed-limits
 */
const MAX_AUTHOR = 256
const MAX_DESCRIPTION = 4_096
const MAX_FIELD_NAME = 256
const MAX_FIELD_VALUE = 1_024
const MAX_FIELDS = 25
const MAX_EMBED = 6_000

/** https://docs.discord.com/developers/resources/webhook#execute-webhook */
const MAX_USERNAME = 80

/** Discord: the Slack-compatible form of a webhook. */
export const discord = httpProvider({
  type: 'discord',
  family: 'chat',
  settings: z.object({
    address: webhookAddress(),
    username: optionalText(),
  }),
  fit: cutToEmbed,
  requests(notification, settings) {
    const { event } = notification
    const message = slackMessage(notification, {
      channel: '',
      username: ellipsize(settings.username || event.reportingController, MAX_USERNAME),
      fallback: '',
      goodColor: 'good',
      dangerColor: 'danger',
    })
    const attachments = message.attachments.map((attachment) => ({
      ...attachment,
      author_name: ellipsize(attachment.author_name, MAX_AUTHOR),
    }))
    return [postJson(slackCompatible(settings.address), { ...message, attachments })]
  },
  classify: classifyDiscord,
})

/** https://docs.discord.com/developers/resources/webhook#execute-slackcompatible-webhook */
function slackCompatible(address: string): string {
  const url = new URL(address)
  if (url.pathname.endsWith('/slack')) return address
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/slack`
  return url.href
}

function cutToEmbed(notification: Notification): Event {
  const { event } = notification
  const fields = sortedMetadata(event)
    .slice(0, MAX_FIELDS)
    .map(([name, value]) => [ellipsize(name, MAX_FIELD_NAME), value] as const)
  const limited = { ...event, metadata: Object.fromEntries(fields) }
  const candidate = { ...notification, event: withShortValues(limited, MAX_FIELD_VALUE) }
  return cutToFit(candidate, fitsEmbed)
}

function fitsEmbed(notification: Notification): boolean {
  const { event } = notification
  const message = messageWithLateness(notification)
  const texts = [objectLabel(event), message, ...Object.entries(event.metadata).flat()]
  const total = texts.reduce((sum, text) => sum + text.length, 0)
  return message.length <= MAX_DESCRIPTION && total <= MAX_EMBED
}

/** Seconds with a fraction: https://docs.discord.com/developers/topics/rate-limits#exceeding-a-rate-limit */
const Wait = z
  .object({ retry_after: z.number() })
  .transform(({ retry_after }) => retry_after * 1_000)

function classifyDiscord(response: HttpResponse): Verdict {
  return classifyWaitingAnswer(response, Wait)
}
