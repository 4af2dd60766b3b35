import { z } from 'zod'
import type { Event } from '../model/event.ts'
import { httpProvider } from './contract.ts'
import { authorization, postJson } from './formats/json-request.ts'
import { isError, objectLabel, sortedMetadata } from './formats/names.ts'
import { classifyServiceAnswer } from './formats/service-answer.ts'
import { cutToFit } from './formats/size-limit.ts'
import { requiredToken, webhookAddress } from './settings.ts'

/** https://developer.webex.com/docs/api/v1/messages/create-a-message */
const MAX_MARKDOWN_BYTES = 7_439

/** Webex: a bot's message to a room, through the REST API. */
export const webex = httpProvider({
  type: 'webex',
  family: 'chat',
  settings: z.object({
    address: webhookAddress(),
    channel: z.string().min(1, 'set spec.channel to the id of the room'),
    token: requiredToken(),
  }),
  fit: (event) =>
    cutToFit(event, (candidate) => Buffer.byteLength(markdown(candidate)) <= MAX_MARKDOWN_BYTES),
  requests({ event }, { address, channel, token }) {
    const body = { roomId: channel, markdown: markdown(event) }
    return [postJson(address, body, authorization('Bearer', token))]
  },
  classify: classifyServiceAnswer,
})

function markdown(event: Event): string {
  const lines = [
    `${isError(event) ? '💣' : '✅'} **${objectLabel(event)}**`,
    event.message,
    ...sortedMetadata(event).map(([key, value]) => `>**${key}**: ${value}`),
  ]
  return lines.map((line) => `${line}\n`).join('')
}
