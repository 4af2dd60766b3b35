import type { Authenticator } from '@nats-io/nats-core'
import type {
  NatsMessage,
  NatsPublished,
  NatsPublisher,
  NatsRefusal,
} from '../../relay/ports/nats.ts'
import { ConnectError, failureOf } from '../http/failure.ts'
import { messageIdBytes, store } from './jet-stream.ts'
import type { NatsLibrary } from './library.ts'
import type { Link } from './link.ts'

type Published = Awaited<ReturnType<NatsPublisher['publish']>>

/**
 * Publishes one message over an open connection, and waits for the answer to a PING: an error about
 * the message comes before that. For a message that a stream has to store, it also waits for the
 * stream.
 */
export async function publishOver(
  link: Link,
  message: NatsMessage,
  library: NatsLibrary,
  authenticator: Authenticator,
): Promise<Published> {
  const refusal = refusalBefore(link, message)
  if (refusal !== undefined) return refusal
  let mayHaveArrived = false
  const exchange = async (): Promise<Published | undefined> => {
    const connection = await library.connect(link, authenticator)
    mayHaveArrived = true
    const { subject, body, storeOnceAs } = message
    let answer: Promise<NatsPublished | NatsRefusal> | undefined
    if (storeOnceAs === undefined) connection.publish(subject, body)
    else answer = store(connection, library, { subject, body, storeOnceAs })
    await connection.flush()
    // Of a message that the server refused no stream ever hears.
    if (link.refusal !== undefined) return undefined
    const published = await answer
    await connection.close()
    return published ?? { kind: 'published' }
  }
  try {
    const ended = await Promise.race([exchange(), link.closed])
    if (link.refusal !== undefined) return judgeRefusal(link.refusal, mayHaveArrived)
    if (ended === undefined) throw new Error('no answer and no refusal')
    return ended instanceof Error ? failureOf(ended, mayHaveArrived) : ended
  } catch (error) {
    if (link.refusal === undefined) throw error
    return judgeRefusal(link.refusal, mayHaveArrived)
  }
}

/** A refusal that follows from the server's INFO. */
function refusalBefore(
  { info }: Link,
  { body, storeOnceAs }: NatsMessage,
): NatsRefusal | undefined {
  if (storeOnceAs !== undefined && !info.headers) {
    const detail = 'the server does not support headers, so JetStream cannot store a message once'
    return { kind: 'refused', cause: 'message', detail }
  }
  const bytes = Buffer.byteLength(body)
  const maxBytes = info.maxPayload - (storeOnceAs === undefined ? 0 : messageIdBytes(storeOnceAs))
  if (bytes <= maxBytes) return undefined
  const detail = `the event has ${bytes} bytes, and the server takes at most ${maxBytes}`
  return { kind: 'refused', cause: 'size', detail, maxBytes }
}

/** The `-ERR` texts after which no other try can succeed before a person acts. */
const REFUSALS: ReadonlyArray<readonly [RegExp, NatsRefusal['cause']]> = [
  [/^permissions violation/i, 'permission'],
  [/authorization violation|authentication (expired|revoked)/i, 'credentials'],
  [/maximum payload/i, 'size'],
  [/invalid (publish )?subject/i, 'message'],
]

/**
 * The result for a `-ERR`. Errors that are not listed are temporary, such as too many connections.
 * https://github.com/nats-io/nats-server/blob/main/server/errors.go
 */
function judgeRefusal(text: string, mayHaveArrived: boolean): Published {
  const detail = `the server answered: ${text}`
  const [, cause] = REFUSALS.find(([pattern]) => pattern.test(text)) ?? []
  if (cause !== undefined) return { kind: 'refused', cause, detail }
  return failureOf(new ConnectError('protocol', detail), mayHaveArrived)
}
