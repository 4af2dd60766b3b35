import type { IncomingMessage } from 'node:http'
import { tooLarge } from '../../relay/api/body.ts'
import type { ReadBody, TakeBytes } from '../../relay/api/http.ts'
import { type Problem, problem } from '../../relay/api/problem.ts'
import { whyEnded } from './ended-connections.ts'

/**
 * Reads a request's body as sent. Each part of it is kept only if `take` has room. Stops at `maxBytes`, or before the first byte when the
 * `Content-Length` is more. What is left unread, the server then drops with the connection.
 */
export function readRequestBody(
  incoming: IncomingMessage,
  maxBytes: number,
  take: TakeBytes = () => true,
): Promise<ReadBody> {
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) {
    return Promise.resolve({ problem: tooLarge(maxBytes) })
  }
  // Its events have been.
  if (incoming.destroyed) return Promise.resolve({ problem: endedEarly(incoming) })
  // Not as an async iterator, which is a fifth of what a small request costs.
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = []
    let size = 0
    const keep = (chunk: Uint8Array) => {
      size += chunk.byteLength
      const hasRoom = size <= maxBytes && take(chunk.byteLength)
      if (hasRoom) return void chunks.push(chunk)
      incoming.off('data', keep).pause()
      chunks.length = 0
      resolve({ problem: size > maxBytes ? tooLarge(maxBytes) : noRoom() })
    }
    incoming.on('data', keep)
    let isWhole = false
    const close = () => {
      if (!isWhole) resolve({ problem: endedEarly(incoming) })
    }
    // Each comes once, and `once` would make an object for it.
    incoming.on('end', () => {
      isWhole = true
      resolve({ body: Buffer.concat(chunks, size) })
    })
    incoming.on('error', close)
    incoming.on('close', close)
  })
}

/** Answers 503 and not 429, because Flux's event recorder gives up at once on a 429. */
function noRoom(): Problem {
  return problem('overloaded', 'too many large bodies are on their way; send the request again')
}

function endedEarly({ socket }: IncomingMessage): Problem {
  const reason = whyEnded(socket)
  const detail =
    reason === undefined
      ? 'the connection closed before the whole body arrived'
      : `the body could not be read to its end: ${reason}`
  return problem('unreadable-body', detail)
}
