import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { ApiFailure, badRequest } from './api-failure.ts'
import { type Fields, isFields } from './api-object.ts'

export const MERGE_PATCH = 'application/merge-patch+json'

/** The object that came, of that media type. Rejects with `ApiFailure`. */
export async function jsonBody(
  request: IncomingMessage,
  mediaType = 'application/json',
): Promise<Fields> {
  if (request.headers['content-type']?.split(';')[0] !== mediaType) {
    throw new ApiFailure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
  }
  const body: unknown = await json(request).catch(() => undefined)
  if (isFields(body)) return body
  throw badRequest('the object provided is unrecognized (must be of type json)')
}

export function sendJson(response: ServerResponse, status: number, body: Fields): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}
