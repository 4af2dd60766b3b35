import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { HttpResponse, OutboundRequest } from '../ports/http.ts'
import { classifyWaitingAnswer } from './answers/waiting-answer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { eventJson } from './messages/event-json.ts'
import { authorization, postJson } from './messages/json-request.ts'
import { messageWithLateness } from './messages/lateness.ts'
import { isError, sortedMetadata, titleOf } from './messages/names.ts'
import { cutToFit, jsonBytes } from './messages/size-limit.ts'
import { type LinkText, linkCommit } from './messages/texts.ts'
import { requiredToken, webhookAddress } from './settings.ts'
import { deliverToMatrixThread, type ThreadRelation } from './threads/matrix-thread.ts'
import type { Verdict } from './verdict.ts'

/**
 * The largest content. An event of a room has at most 65,536 bytes, including what the server adds:
 * names of up to 255 bytes each, up to 30 references to other events, hashes and signatures.
 * https://spec.matrix.org/latest/client-server-api/#size-limits
 */
const MAX_CONTENT_BYTES = 60_000

/** The form of a room id that can be put into the path as it is. */
const ROOM = /^(?!\.{1,2}$)[^\s/?#\\]+$/
const ROOM_FORM =
  'set spec.channel to the id of the room, such as !abcdefgh:example.org; an alias such as #room:example.org is not accepted'

const Settings = z
  .object({
    address: webhookAddress(),
    channel: z.string().regex(ROOM, ROOM_FORM),
    token: requiredToken(),
  })
  .superRefine(({ address }, context) => {
    if (!/[?#]/.test(address)) return
    const message = 'must be the URL of the homeserver alone, without query and fragment'
    context.addIssue({ code: 'custom', path: ['address'], message })
  })

/** Matrix: a text message to a room, through the client-server API. */
export const matrix = httpProvider({
  type: 'matrix',
  family: 'chat',
  hasTitle: true,
  hasLink: true,
  settings: Settings,
  // What is cut must not depend on the time of the try, as the transaction id is of the event that is sent. There is
  // room for the lines on lateness.
  fit: (notification) =>
    cutToFit(
      { ...notification, late: false, overtaken: false },
      (candidate) => jsonBytes(textMessage(candidate)) <= MAX_CONTENT_BYTES,
    ),
  requests: (notification, settings) => [messageRequest(notification, settings)],
  threading: {
    deliver: (notification, settings, tryPorts) =>
      deliverToMatrixThread(
        notification,
        {
          place: [settings.address, settings.channel],
          request: (relation) => messageRequest(notification, settings, relation),
          classify: classifyMatrix,
        },
        tryPorts,
      ),
  },
  classify: classifyMatrix,
})

function messageRequest(
  notification: Notification,
  { address, channel, token }: z.infer<typeof Settings>,
  relation?: ThreadRelation,
): OutboundRequest {
  const room = `${address.replace(/\/+$/, '')}/_matrix/client/r0/rooms/${channel}`
  const url = `${room}/send/m.room.message/${transactionId(notification)}`
  const content = textMessage(notification)
  const body = relation === undefined ? content : { ...content, 'm.relates_to': relation }
  return { ...postJson(url, body, authorization('Bearer', token)), method: 'PUT' }
}

/**
 * The transaction id. It is the same for a retry or a replay, which the server then does not post
 * again: https://spec.matrix.org/latest/client-server-api/#transaction-identifiers Another Alert may
 * say something else of the event, by rules.
 */
function transactionId({ event, title, link, thread }: Notification): string {
  const json = JSON.stringify(eventJson(event))
  const ofRules = [title, link, thread?.name]
  const isPlain = ofRules.every((text) => text === undefined)
  return createHash('sha1')
    .update(isPlain ? json : JSON.stringify([json, ...ofRules]))
    .digest('hex')
}

/**
 * A message without markup. Old clients are notified of `@room` and names in it; a message that
 * lists its mentions turns that off. The room is mentioned if the Alert's author wrote it:
 * https://spec.matrix.org/latest/client-server-api/#user-and-room-mentions
 */
function textMessage(notification: Notification) {
  const { event, authored, link } = notification
  const lines = [
    `${isError(event) ? '🚨' : '💫'} ${titleOf(notification)}`,
    messageWithLateness(notification),
    ...sortedMetadata(event).map(
      ([key, value]) => `- ${key}: ${linkCommit(notification, key, value, plainLink)}`,
    ),
    ...(link === undefined ? [] : [link]),
  ]
  const message = { body: lines.map((line) => `${line}\n`).join(''), msgtype: 'm.text' }
  if (!MENTION.test(message.body)) return message
  const isRoom = [...authored].some((key) => event.metadata[key]?.includes('@room'))
  return { ...message, 'm.mentions': isRoom ? { room: true } : {} }
}

/** A text without markup names the page beside it; clients make a link of it. */
const plainLink: LinkText = (text, url) => `${text} ${url}`

const MENTION = /(?<![A-Za-z0-9_])@\w/

/** The wait in an answer: https://spec.matrix.org/latest/client-server-api/#rate-limiting */
const Wait = z
  .object({ retry_after_ms: z.number() })
  .transform(({ retry_after_ms }) => retry_after_ms)

function classifyMatrix(response: HttpResponse): Verdict {
  return classifyWaitingAnswer(response, Wait)
}
