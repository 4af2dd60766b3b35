import type { Answer } from '../../relay/intake/answer.ts'
import { bearerToken, signatureMatches, tokenMatches } from '../../relay/intake/credentials.ts'
import { receiveEvents } from '../../relay/intake/receive-events.ts'
import type { Ports } from '../../relay/ports.ts'
import type { ClusterAccess } from '../shared/cluster-access.ts'
import {
  type HttpEvent,
  type HttpRequest,
  type HttpResult,
  readRequest,
  respond,
  unauthorized,
} from '../shared/http-api.ts'
import type { Log } from '../shared/log.ts'

/** What taking events needs. */
export interface IngestParts {
  readonly ports: Pick<Ports, 'queue' | 'clock' | 'orderTimes'>
  readonly access: ClusterAccess
  readonly log: Log
}

/** `POST /v1/clusters/{cluster}/events`. */
export function createIngest({ ports, access, log }: IngestParts) {
  return (event: HttpEvent): Promise<HttpResult> =>
    respond(log, async () => {
      const request = readRequest(event)
      const proof = await provenBy(access, request)
      return proof === undefined ? refused(request) : receive(ports, request, proof)
    })
}

type Proof = 'token' | 'signature'

/** A request with both credentials is judged by both, as in the embedded host. */
async function provenBy(access: ClusterAccess, request: HttpRequest): Promise<Proof | undefined> {
  const { cluster, headers, body } = request
  const token = bearerToken(headers.authorization)
  const signature = headers['x-signature']
  if (token === undefined && signature === undefined) return undefined
  let proof: Proof | undefined
  await access.allows(cluster, (tokens) => {
    if (token !== undefined && tokenMatches(token, tokens)) proof = 'token'
    else if (signature !== undefined && signatureMatches(signature, body, tokens))
      proof = 'signature'
    return proof !== undefined
  })
  return proof
}

function refused({ cluster }: HttpRequest): Answer {
  return unauthorized(
    `a token of the cluster ${cluster} as Authorization: Bearer, or X-Signature: sha256=<hex>`,
  )
}

function receive(ports: IngestParts['ports'], request: HttpRequest, proof: Proof): Promise<Answer> {
  const { cluster, body, contentEncoding, contentType, headers } = request
  return receiveEvents(ports, {
    cluster,
    body,
    contentEncoding,
    contentType,
    gotkComponent: headers['gotk-component'],
    events: 'any',
    isSigned: proof === 'signature',
  })
}
