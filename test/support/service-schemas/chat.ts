import { z } from 'zod'
import { characters, jsonBody, jsonPost, post, type Service } from './service.ts'

/** The content is documented as required, the texts as what is shown. */
const shown = z.string().refine((text) => text.trim() !== '', 'blank')
const TextParagraph = z.strictObject({ text: shown })
const KeyValue = z.strictObject({
  topLabel: shown,
  content: shown,
  contentMultiline: z.boolean(),
  bottomLabel: z.string().nullable(),
  icon: z.string().nullable(),
})

const Button = z.strictObject({
  textButton: z.strictObject({
    text: shown,
    onClick: z.strictObject({ openLink: z.strictObject({ url: z.url() }) }),
  }),
})

/** A widget is exactly one thing; null is the same as absent in JSON of Protocol Buffers. */
const Widget = z
  .strictObject({ textParagraph: TextParagraph.nullable(), keyValue: KeyValue.nullable() })
  .refine((widget) => Object.values(widget).filter((part) => part !== null).length === 1)

/** https://developers.google.com/workspace/chat/api/reference/rest/v1/cards-v1 */
const ChatMessage = z.strictObject({
  cards: z
    .array(
      z.strictObject({
        header: z.strictObject({
          title: z.string().min(1),
          subtitle: z.string(),
          imageUrl: z.url().nullable(),
          imageStyle: z.enum(['IMAGE', 'AVATAR']).nullable(),
        }),
        sections: z
          .array(
            z.strictObject({
              header: z.string(),
              widgets: z.array(Widget.or(z.strictObject({ buttons: z.array(Button) }))).min(1),
            }),
          )
          .min(1),
      }),
    )
    .min(1),
})

/** https://developers.google.com/workspace/chat/create-messages */
const MAX_CHAT_BYTES = 32_000

/** https://developer.webex.com/docs/api/v1/messages/create-a-message */
const WebexMessage = z.strictObject({
  roomId: z.string().min(1),
  markdown: z
    .string()
    .min(1)
    .refine((text) => Buffer.byteLength(text) <= 7_439, 'longer than 7,439 bytes'),
})

/**
 * https://open.larksuite.com/document/client-docs/bot-v3/add-custom-bot, for the size as well, and
 * https://open.larksuite.com/document/common-capabilities/message-card/message-cards-content
 */
const LarkButton = z.strictObject({
  tag: z.literal('button'),
  text: z.strictObject({ tag: z.literal('plain_text'), content: z.string().min(1) }),
  type: z.enum(['default', 'primary', 'danger']),
  url: z.url(),
})
const LarkMessage = z.strictObject({
  msg_type: z.literal('interactive'),
  card: z.strictObject({
    config: z.strictObject({ wide_screen_mode: z.boolean() }),
    header: z.strictObject({
      title: z.strictObject({ tag: z.literal('plain_text'), content: z.string().min(1) }),
      template: z.enum(['blue', 'wathet', 'turquoise', 'green', 'yellow', 'orange', 'red', 'grey']),
    }),
    elements: z.array(
      z.discriminatedUnion('tag', [
        z.strictObject({
          tag: z.literal('div'),
          text: z.strictObject({ tag: z.enum(['plain_text', 'lark_md']), content: z.string() }),
        }),
        z.strictObject({ tag: z.literal('action'), actions: z.array(LarkButton).min(1) }),
      ]),
    ),
  }),
})
const MAX_LARK_BYTES = 20_000

/**
 * https://spec.matrix.org/latest/client-server-api/#mtext
 * https://spec.matrix.org/latest/client-server-api/#user-and-room-mentions
 */
const RoomMessage = z.strictObject({
  msgtype: z.literal('m.text'),
  body: z.string(),
  'm.mentions': z.strictObject({ room: z.literal(true).optional() }).optional(),
})

/** A whole event; with the names of the room and the sender it is longer than this content. */
const MAX_MATRIX_BYTES = 65_536 - 2 * 255

/**
 * https://zulip.com/api/send-message; that it takes no NUL and no blank message is to be seen in
 * https://github.com/zulip/zulip/blob/main/zerver/lib/message.py only.
 */
const ZulipMessage = z
  .string()
  .transform((form) => Object.fromEntries(new URLSearchParams(form)))
  .pipe(
    z.strictObject({
      type: z.enum(['direct', 'channel', 'stream', 'private']),
      to: z.string().min(1),
      topic: characters(60),
      content: characters(10_000).refine(
        (text) => text.trim() !== '' && !text.includes('\0'),
        'blank, or with a NUL',
      ),
    }),
  )

/** https://developers.zoom.us/docs/team-chat/customizing-messages/ */
const ZoomMessage = z.strictObject({
  content: z.strictObject({
    head: z.strictObject({
      text: z.string().min(1),
      sub_head: z.strictObject({ text: z.string() }),
    }),
    body: z
      .array(
        z.discriminatedUnion('type', [
          z.strictObject({
            type: z.literal('message'),
            text: z.string(),
            link: z.url().optional(),
          }),
          z.strictObject({
            type: z.literal('fields'),
            items: z.array(z.strictObject({ key: z.string(), value: z.string() })).min(1),
          }),
        ]),
      )
      .min(1),
  }),
})

const GOOGLE = 'https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=t'
const WEBEX = 'https://webexapis.com/v1/messages'
const LARK = 'https://open.larksuite.com/open-apis/bot/v2/hook/x'
const MATRIX = 'https://matrix.example.com'
const ZULIP = 'https://example.zulipchat.com/api/v1/messages'
const ZOOM = 'https://integrations.zoom.us/chat/webhooks/incomingwebhook/x'

/** The chat services with a message form of their own. */
export const chatServices: readonly Service[] = [
  {
    name: 'googlechat',
    type: 'googlechat',
    spec: {},
    secret: { address: GOOGLE },
    requests: () => [
      jsonPost(GOOGLE, {}, jsonBody(ChatMessage, MAX_CHAT_BYTES), { status: 200, body: '{}' }),
    ],
  },
  {
    name: 'webex',
    type: 'webex',
    spec: { channel: 'Y2lzY29', address: WEBEX },
    secret: { token: 't' },
    requests: () => [
      jsonPost(WEBEX, { authorization: 'Bearer t' }, jsonBody(WebexMessage), {
        status: 200,
        body: '{"id":"1"}',
      }),
    ],
  },
  {
    name: 'lark',
    type: 'lark',
    spec: {},
    secret: { address: LARK },
    requests: () => [
      jsonPost(LARK, {}, jsonBody(LarkMessage, MAX_LARK_BYTES), {
        status: 200,
        body: '{"code":0,"msg":"success","data":{}}',
      }),
    ],
  },
  {
    name: 'matrix',
    type: 'matrix',
    spec: { address: MATRIX, channel: '!room:example.com' },
    secret: { token: 't' },
    requests: () => [
      {
        method: 'PUT',
        origin: MATRIX,
        path: /^\/_matrix\/client\/r0\/rooms\/!room:example\.com\/send\/m\.room\.message\/[\w.~-]+$/,
        headers: { authorization: 'Bearer t', 'content-type': 'application/json' },
        body: jsonBody(RoomMessage, MAX_MATRIX_BYTES),
        answer: { status: 200, body: '{"event_id":"$1"}' },
      },
    ],
  },
  {
    name: 'zulip',
    type: 'zulip',
    spec: { address: 'https://example.zulipchat.com', channel: `alerts/${'topic '.repeat(20)}` },
    secret: { username: 'bot@example.com', password: 'key' },
    requests: () => [
      post(
        ZULIP,
        {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: `Basic ${btoa('bot@example.com:key')}`,
        },
        ZulipMessage,
        { status: 200, body: '{"result":"success","msg":"","id":1}' },
      ),
    ],
  },
  {
    name: 'zoom',
    type: 'zoom',
    spec: { address: ZOOM },
    secret: { token: 'verification' },
    requests: () => [
      jsonPost(`${ZOOM}?format=full`, { authorization: 'verification' }, jsonBody(ZoomMessage), {
        status: 200,
        body: '',
      }),
    ],
  },
]
