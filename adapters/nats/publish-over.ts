import type { NatsConnection } from '@nats-io/nats-core'
import type { NatsMessage, NatsPublisher, NatsRefusal } from '../../relay/ports.ts'
import { ConnectError, failureOf } from '../http/failure.ts'
import type { Link } from './link.ts'

type Published = Awaited<ReturnType<NatsPublisher['publish']>>

/**
 * Publishes one message over an open connection, and waits for the answer to a PING: what the
 * server has against a message it says before that.
 */
export async function publishOver(
  link: Link,
  { subject, body }: NatsMessage,
  connect: () => Promise<NatsConnection>,
): Promise<Published> {
  const { maxPayload } = link.info
  const bytes = Buffer.byteLength(body)
  if (bytes > maxPayload) {
    const detail = `the event has ${bytes} bytes, and the server takes at most ${maxPayload}`
    return { kind: 'refused', cause: 'message', detail }
  }
  let mayHaveArrived = false
  const exchange = async () => {
    const connection = await connect()
    mayHaveArrived = true
    connection.publish(subject, body)
    await connection.flush()
    await connection.close()
  }
  try {
    const closed = await Promise.race([exchange(), link.closed])
    if (link.refusal !== undefined) return judgeRefusal(link.refusal, mayHaveArrived)
    return closed === undefined ? { kind: 'published' } : failureOf(closed, mayHaveArrived)
  } catch (error) {
    if (link.refusal === undefined) throw error
    return judgeRefusal(link.refusal, mayHaveArrived)
  }
}

/** What a `-ERR` says that no other try can get past before a person acts. */
const REFUSALS: ReadonlyArray<readonly [RegExp, NatsRefusal['cause']]> = [
  [/^permissions violation/i, 'permission'],
  [/authorization violation|authentication (expired|revoked)/i, 'credentials'],
  [/maximum payload|invalid (publish )?subject/i, 'message'],
]

/**
 * Any other error may pass, such as too many connections.
 * https://github.com/nats-io/nats-server/blob/main/server/errors.go
 */
function judgeRefusal(text: string, mayHaveArrived: boolean): Published {
  const detail = `the server answered: ${text}`
  const [, cause] = REFUSALS.find(([pattern]) => pattern.test(text)) ?? []
  if (cause !== undefined) return { kind: 'refused', cause, detail }
  return failureOf(new ConnectError('protocol', detail), mayHaveArrived)
}
