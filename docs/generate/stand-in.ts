import type { HttpResponse, OutboundRequest } from '../../relay/ports/http.ts'
import type { DestinationAnswers } from './recorder.ts'

/** A token that the stand-in gives out; it is masked in the pages as every other. */
export const FETCHED_TOKEN = 'access-token-of-the-stand-in'

/** All that some type reads from the answer to a request that went well. */
const SUCCESS = {
  id: 1001,
  login: 'flux-relay',
  username: 'flux-relay',
  access_token: FETCHED_TOKEN,
  expires_in: 3600,
  messageIds: ['1'],
}

/** Of destinations where all goes well, and no comments are there yet. */
export const SUCCESSES: DestinationAnswers = {
  http: success,
  nats: () => ({ kind: 'published' }),
  mail: () => ({ kind: 'sent', answer: '250 2.0.0 Ok', refused: [] }),
}

function success({ method, url }: OutboundRequest): HttpResponse {
  const isList = method === 'GET' && /[?&](?:per_page|limit)=/.test(url)
  return httpAnswer(200, JSON.stringify(isList ? [] : SUCCESS))
}

/** Whether a request only prepares for the one that says what happened. */
export function isPreparation({ method, url }: OutboundRequest): boolean {
  return method === 'GET' || /\/(?:token|access_tokens)$/.test(url)
}

/** An answer of JSON, or of no body. */
export function httpAnswer(status: number, body: string): HttpResponse {
  const headers = { 'content-type': 'application/json' }
  return { kind: 'response', status, headers, body, truncated: false, receivedAt: 0 }
}
