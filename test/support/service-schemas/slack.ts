import type { MessageAttachment, MessageAttachmentField } from '@slack/types'
import { type ZodType, z } from 'zod'
import { characters, jsonBody, jsonPost, type Service } from './service.ts'

/** The compiler refuses a field that Slack's own types do not have, or have otherwise. */
type ShapeOf<T> = { readonly [K in keyof T]?: ZodType<T[K]> }

const COLOR = z.union([z.enum(['good', 'warning', 'danger']), z.string().regex(/^#[0-9A-F]{6}$/i)])

const fieldShape = (title: ZodType<string>, value: ZodType<string>) =>
  ({ title, value, short: z.boolean() }) satisfies ShapeOf<MessageAttachmentField>

/** https://docs.slack.dev/reference/messaging/attachments; published as types too. */
const attachmentShape = {
  fallback: z.string(),
  color: COLOR,
  author_name: z.string(),
  author_link: z.url().optional(),
  text: z.string(),
  mrkdwn_in: z.array(z.enum(['pretext', 'text', 'fields'])),
  fields: z.array(z.strictObject(fieldShape(z.string(), z.string()))),
} satisfies ShapeOf<MessageAttachment>

/** https://docs.slack.dev/reference/methods/chat.postMessage#arguments */
const messageShape = {
  channel: z.string(),
  username: z.string(),
  icon_url: z.literal('').or(z.url()),
  icon_emoji: z.string().regex(/^$|^:[^:]+:$/),
}

/** https://docs.slack.dev/reference/methods/chat.postMessage#truncating and `too_many_attachments` */
const MAX_TEXT = 40_000
const MAX_ATTACHMENTS = 100

const SlackAttachment = z.strictObject(attachmentShape).refine(({ author_name, text, fields }) => {
  const texts = [author_name, text, ...fields.flatMap(({ title, value }) => [title, value])]
  return texts.join('').length <= MAX_TEXT
}, `longer than ${MAX_TEXT} characters`)

const SlackMessage = z.strictObject({
  ...messageShape,
  attachments: z.array(SlackAttachment).min(1).max(MAX_ATTACHMENTS),
})

/**
 * What becomes of an attachment is an embed:
 * https://docs.discord.com/developers/resources/message#embed-object-embed-limits
 */
const Embed = z
  .strictObject({
    ...attachmentShape,
    author_name: characters(256),
    text: characters(4_096),
    fields: z.array(z.strictObject(fieldShape(characters(256), characters(1_024)))).max(25),
  })
  .refine(({ author_name, text, fields }) => {
    const texts = [author_name, text, ...fields.flatMap(({ title, value }) => [title, value])]
    return [...texts.join('')].length <= 6_000
  }, 'longer than 6,000 characters')

/** https://docs.discord.com/developers/resources/webhook#execute-slackcompatible-webhook */
const DiscordMessage = z.strictObject({
  ...messageShape,
  username: characters(80)
    .refine((name) => name.trim() !== '')
    .optional(),
  attachments: z.array(Embed).min(1).max(10),
})

/** Version 8 refuses fields without a text. */
const rocketFields = z.array(z.strictObject(fieldShape(z.string().min(1), z.string().min(1))))

const SLACK_HOOK = 'https://hooks.slack.com/services/T0/B0/x'
const SLACK_API = 'https://slack.com/api/chat.postMessage'
const ROCKET = 'https://rocket.example.com/hooks/64a/x'
const DISCORD = 'https://discord.com/api/webhooks/1/x'

/** The services that take messages in Slack's form. */
export const slackServices: readonly Service[] = [
  {
    name: 'slack, incoming webhook',
    type: 'slack',
    spec: { channel: 'general' },
    secret: { address: SLACK_HOOK },
    requests: () => [jsonPost(SLACK_HOOK, {}, jsonBody(SlackMessage), { status: 200, body: 'ok' })],
  },
  {
    name: 'slack, Web API',
    type: 'slack',
    spec: { channel: 'general', address: SLACK_API },
    secret: { token: 'xoxb-1' },
    requests: () => [
      jsonPost(
        SLACK_API,
        { authorization: 'Bearer xoxb-1' },
        jsonBody(SlackMessage.extend({ channel: z.string().min(1) })),
        { status: 200, body: '{"ok":true,"channel":"C1","ts":"1.2"}' },
      ),
    ],
  },
  {
    name: 'discord',
    type: 'discord',
    spec: {},
    secret: { address: DISCORD },
    requests: () => [
      jsonPost(`${DISCORD}/slack`, {}, jsonBody(DiscordMessage), { status: 200, body: 'ok' }),
    ],
  },
  {
    // The form is Slack's: https://docs.rocket.chat/docs/integrations
    name: 'rocket',
    type: 'rocket',
    spec: { channel: '#general', username: 'flux' },
    secret: { address: ROCKET },
    requests: () => [
      jsonPost(
        ROCKET,
        {},
        jsonBody(
          z.strictObject({
            ...messageShape,
            attachments: z.array(z.strictObject({ ...attachmentShape, fields: rocketFields })),
          }),
        ),
        { status: 200, body: '{"success":true}' },
      ),
    ],
  },
]
