import type { Msg, NatsConnection } from '@nats-io/nats-core'
import { jsonValue } from '../../relay/model/json-value.ts'
import type { NatsMessage, NatsPublished, NatsRefusal } from '../../relay/ports/nats.ts'
import type { NatsLibrary } from './library.ts'

type Storing = Pick<NatsMessage, 'subject' | 'body'> & { readonly storeOnceAs: string }

/** The bytes of the header with a message's id, which count for `max_payload`. */
export function messageIdBytes(id: string): number {
  return Buffer.byteLength(`NATS/1.0\r\nNats-Msg-Id: ${id}\r\n\r\n`)
}

/**
 * Publishes a message for a stream to store, and waits for the stream's answer. It never rejects,
 * and does not end without an answer: whoever has the connection ends it.
 * https://docs.nats.io/nats-concepts/jetstream/streams#publishing
 */
export async function store(
  connection: NatsConnection,
  library: Pick<NatsLibrary, 'createInbox' | 'messageIdHeaders'>,
  { subject, body, storeOnceAs }: Storing,
): Promise<NatsPublished | NatsRefusal> {
  const reply = library.createInbox()
  const answered = Promise.withResolvers<Msg>()
  connection.subscribe(reply, {
    max: 1,
    // With an error the server has refused the subscription, which it says in a line of its own.
    callback: (error, message) => {
      if (error === null) answered.resolve(message)
    },
  })
  const headers = library.messageIdHeaders(storeOnceAs)
  connection.publish(subject, body, { reply, headers })
  const { data, headers: status } = await answered.promise
  if (status?.code === NO_RESPONDERS) {
    return unavailable(`no stream of JetStream takes the subject ${subject}`)
  }
  return judgeAnswer(Buffer.from(data).toString())
}

/** The status of the server's own answer when nobody listens. */
const NO_RESPONDERS = 503

function judgeAnswer(text: string): NatsPublished | NatsRefusal {
  const { stream, seq: sequence, duplicate, error } = recordOf(jsonValue(text))
  if (typeof error === 'object' && error !== null) return judgeError(recordOf(error), stream)
  if (typeof stream !== 'string' || typeof sequence !== 'number') {
    return unavailable('the message was answered, but not by a stream of JetStream')
  }
  return { kind: 'published', stored: { stream, sequence, isDuplicate: duplicate === true } }
}

/** The code of an error: https://github.com/nats-io/nats-server/blob/main/server/errors.json */
const MESSAGE_TOO_LONG = 10_054
const ACCOUNT_IS_FULL = 10_002

/**
 * The result for an error. Codes are those of HTTP: with 400 no other try can succeed, and 503 is
 * for example a full stream.
 */
function judgeError(
  { code, err_code: number, description }: Readonly<Record<string, unknown>>,
  stream: unknown,
): NatsRefusal {
  const who = typeof stream === 'string' ? `the stream ${stream}` : 'JetStream'
  const detail = `${who} answered: ${description} (${number})`
  if (number === MESSAGE_TOO_LONG) return { kind: 'refused', cause: 'size', detail }
  const isFinal = code === 400 && number !== ACCOUNT_IS_FULL
  return isFinal ? { kind: 'refused', cause: 'message', detail } : unavailable(detail)
}

function unavailable(detail: string): NatsRefusal {
  return { kind: 'refused', cause: 'unavailable', detail }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
