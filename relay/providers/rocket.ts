import { z } from 'zod'
import { classifyServiceAnswer } from './answers/service-answer.ts'
import { httpProvider } from './contract.ts'
import { postJson } from './messages/json-request.ts'
import { slackMessage } from './messages/slack-message.ts'
import { asIs, escapeMarkdown, escapeTexts, markdownLink } from './messages/texts.ts'
import { optionalText, webhookAddress } from './settings.ts'

/**
 * Rocket.Chat: an incoming webhook, which accepts Slack's message format. The server's limit,
 * "Maximum Allowed Characters Per Message", is for a message's own text, which is empty here, and
 * not for attachments: https://docs.rocket.chat/docs/integrations Texts and fields of attachments
 * are shown as Markdown, without mentions.
 */
export const rocket = httpProvider({
  type: 'rocket',
  family: 'chat',
  hasTitle: true,
  hasLink: true,
  settings: z.object({
    address: webhookAddress(),
    channel: optionalText(),
    username: optionalText(),
  }),
  requests(notification, settings) {
    const message = slackMessage(escapeTexts(notification, FORM), {
      channel: settings.channel,
      username: settings.username,
      fallback: '',
      goodColor: '#0076D7',
      dangerColor: '#FF0000',
    })
    return [postJson(settings.address, message)]
  },
  classify: classifyServiceAnswer,
})

const FORM = { text: escapeMarkdown, name: asIs, link: markdownLink }
