import {
  type HttpResponse,
  MAX_RESPONSE_BYTES,
  type OutboundRequest,
  type TransportFailure,
} from '../../relay/ports/http.ts'
import { answer } from './relay-harness.ts'

/** A message as the double of Slack keeps it. */
export interface SlackMessage {
  readonly ts: string
  readonly threadTs: string | undefined
  /** The text of its attachment, as it is now. */
  text: string
  updates: number
}

/**
 * The part of Slack's Web API that threads need, as strict as Slack: a reply and an update name an existing message of
 * the channel by its id.
 * https://docs.slack.dev/reference/methods/chat.postMessage, https://docs.slack.dev/reference/methods/chat.update
 */
export class SlackApi {
  static readonly POST = 'https://slack.com/api/chat.postMessage'
  static readonly UPDATE = 'https://slack.com/api/chat.update'
  readonly channel = 'C0123ABC'
  readonly messages: SlackMessage[] = []
  /** Answers to give in the place of what would come, by the method; they are used up. */
  readonly instead: ((request: OutboundRequest) => HttpResponse | TransportFailure | undefined)[] =
    []

  readonly handle = (request: OutboundRequest): HttpResponse | TransportFailure => {
    const other = this.instead.shift()
    const answered = other?.(request)
    if (answered) return answered
    if (other) this.instead.unshift(other)
    if (request.headers.authorization !== 'Bearer xoxb-1') return this.#refuse('invalid_auth')
    const body = JSON.parse(String(request.body))
    if (request.url === SlackApi.POST) return asRead(this.#post(body), request)
    if (request.url === SlackApi.UPDATE) return asRead(this.#update(body), request)
    throw new Error(`unexpected ${request.method} ${request.url}`)
  }

  /** The texts of the messages outside of threads, each with those of its replies. */
  threads(): readonly (readonly string[])[] {
    const heads = this.messages.filter(({ threadTs }) => threadTs === undefined)
    return heads.map(({ ts, text }) => [
      text,
      ...this.messages.filter(({ threadTs }) => threadTs === ts).map((reply) => reply.text),
    ])
  }

  delete(ts: string | undefined): void {
    const index = this.messages.findIndex((message) => message.ts === ts)
    this.messages.splice(index, 1)
  }

  #post(body: Readonly<Record<string, unknown>>): HttpResponse {
    const { channel, thread_ts: threadTs, attachments } = body
    const isReply = typeof threadTs === 'string'
    // A message may be sent to a channel by its name, and answers have the id.
    if (channel !== this.channel && (isReply || channel !== 'ops')) {
      return this.#refuse('channel_not_found')
    }
    if (isReply && !this.messages.some(({ ts }) => ts === threadTs)) {
      return this.#refuse('thread_not_found')
    }
    const ts = `17000000${this.messages.length}.0001`
    const text = textOf(attachments)
    this.messages.push({ ts, threadTs: isReply ? threadTs : undefined, text, updates: 0 })
    return this.#accept(ts, attachments)
  }

  #update({ channel, ts, attachments }: Readonly<Record<string, unknown>>): HttpResponse {
    if (channel !== this.channel) return this.#refuse('channel_not_found')
    const message = this.messages.find((candidate) => candidate.ts === ts)
    if (message === undefined) return this.#refuse('message_not_found')
    message.text = textOf(attachments)
    message.updates += 1
    return this.#accept(message.ts, attachments)
  }

  /** The message comes back in the answer. */
  #accept(ts: string, attachments: unknown): HttpResponse {
    return respond({ ok: true, channel: this.channel, ts, message: { attachments } })
  }

  #refuse(error: string): HttpResponse {
    return respond({ ok: false, error })
  }
}

function textOf(attachments: unknown): string {
  const [attachment] = attachments as readonly { readonly text: string }[]
  return attachment?.text ?? ''
}

/** As much of an answer, which has characters of one byte, as the client reads for the request. */
function asRead(whole: HttpResponse, { maxResponseBytes }: OutboundRequest): HttpResponse {
  const body = whole.body.slice(0, maxResponseBytes ?? MAX_RESPONSE_BYTES)
  return { ...whole, body, truncated: body.length < whole.body.length }
}

function respond(body: object): HttpResponse {
  return answer(200, {}, JSON.stringify(body)) as HttpResponse
}
