import { z } from 'zod'
import { jsonBody, jsonPost, type Service } from './service.ts'

const RESERVED = new Set('_*[]()~`>#+-=|{}.!')

/**
 * The text that Telegram shows of MarkdownV2 with bold parts, links and code; undefined for what it answers with
 * "can't parse entities": https://core.telegram.org/bots/api#markdownv2-style
 */
export function readMarkdownV2(markdown: string): string | undefined {
  let plain = ''
  let isBold = false
  let isLink = false
  for (let index = 0; index < markdown.length; index += 1) {
    const character = markdown.charAt(index)
    const next = markdown.charCodeAt(index + 1)
    if (character === '\\' && next >= 1 && next <= 126) {
      index += 1
      plain += markdown.charAt(index)
    } else if (character === '*') {
      isBold = !isBold
    } else if (character === '`') {
      // Code cannot be a part of bold text.
      const end = markdown.indexOf('`', index + 1)
      if (isBold || isLink || end < 0) return undefined
      plain += markdown.slice(index + 1, end)
      index = end
    } else if (character === '[' && !isLink) {
      isLink = true
    } else if (character === ']' && isLink) {
      // The URL has escapes for its own closing bracket and backslash only.
      const [target] = /^\]\((?:[^)\\]|\\[)\\])+\)/.exec(markdown.slice(index)) ?? []
      if (target === undefined) return undefined
      isLink = false
      index += target.length - 1
    } else if (RESERVED.has(character)) {
      return undefined
    } else {
      plain += character
    }
  }
  return isBold || isLink ? undefined : plain
}

/** https://core.telegram.org/bots/api#sendmessage */
const Message = z.strictObject({
  chat_id: z.union([z.int(), z.string().regex(/^(-?\d+|@\w+)$/)]),
  message_thread_id: z.int().optional(),
  text: z.string().superRefine((markdown, context) => {
    const plain = readMarkdownV2(markdown)
    if (plain === undefined) context.addIssue({ code: 'custom', message: 'no MarkdownV2' })
    const { length } = [...(plain ?? 'x')]
    if (length < 1 || length > 4_096) {
      context.addIssue({ code: 'custom', message: `expected 1 to 4,096 characters, got ${length}` })
    }
  }),
  parse_mode: z.literal('MarkdownV2'),
})

const TOKEN = '1:AAx'

/** Telegram's Bot API, with a topic of a forum. */
export const telegramServices: readonly Service[] = [
  {
    name: 'telegram',
    type: 'telegram',
    spec: { channel: '-1001:17' },
    secret: { token: TOKEN },
    requests: () => [
      jsonPost(`https://api.telegram.org/bot${TOKEN}/sendMessage`, {}, jsonBody(Message), {
        status: 200,
        body: '{"ok":true,"result":{"message_id":1}}',
      }),
    ],
  },
]
