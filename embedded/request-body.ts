import type { IncomingMessage } from 'node:http'
import { tooLarge } from '../relay/intake/body.ts'
import { type Problem, problem } from '../relay/intake/problem.ts'

type ReadBody = { readonly body: Uint8Array } | { readonly problem: Problem }

/**
 * Reads a request's body as sent. Stops at `maxBytes`, or before the first byte when the
 * `Content-Length` is more. What is left unread, the server then drops with the connection.
 */
export async function readRequestBody(
  incoming: IncomingMessage,
  maxBytes: number,
): Promise<ReadBody> {
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) {
    return { problem: tooLarge(maxBytes) }
  }
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    // Without the option, leaving the loop closes the connection before the answer is sent.
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
      const bytes = chunk as Uint8Array
      size += bytes.byteLength
      if (size > maxBytes) return { problem: tooLarge(maxBytes) }
      chunks.push(bytes)
    }
  } catch {
    return { problem: problem(400, 'the connection ended before the body did') }
  }
  return { body: Buffer.concat(chunks, size) }
}
