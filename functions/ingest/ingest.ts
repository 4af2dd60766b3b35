import type { Answer } from '../../relay/intake/answer.ts'
import { bearerToken, signatureMatches, tokenHashMatches } from '../../relay/intake/credentials.ts'
import { receiveEvents } from '../../relay/intake/receive-events.ts'
import type { Ports } from '../../relay/ports.ts'
import type { AccessVerdict, ClusterAccess } from '../shared/cluster-access.ts'
import type { FailureReports } from '../shared/failure-reports.ts'
import {
  type HttpEvent,
  type HttpRequest,
  type HttpResult,
  readRequest,
  respond,
  unauthorized,
} from '../shared/http-api.ts'

/** What taking events needs. */
export interface IngestParts extends FailureReports {
  readonly ports: Pick<Ports, 'queue' | 'clock' | 'orderTimes'>
  readonly access: ClusterAccess
  /** Counts a request that names a cluster there is and does not prove to be of it. */
  readonly onRefused: () => void
}

/** `POST /v1/clusters/{cluster}/events`. */
export function createIngest({ ports, access, onRefused, ...reports }: IngestParts) {
  return (event: HttpEvent): Promise<HttpResult> =>
    respond(reports, async () => {
      const request = readRequest(event)
      const proof = await provenBy(access, request)
      if (proof === 'token' || proof === 'signature') return receive(ports, request, proof)
      if (proof === 'refused') onRefused()
      return refused(request)
    })
}

type Proof = 'token' | 'signature'

/** A request with both credentials is judged by both, as in the embedded host. */
async function provenBy(
  access: ClusterAccess,
  request: HttpRequest,
): Promise<Proof | Exclude<AccessVerdict, 'allowed'>> {
  const { cluster, headers, body } = request
  const token = bearerToken(headers.authorization)
  const signature = headers['x-signature']
  let proof: Proof = 'token'
  const verdict = await access.judge(cluster, async ({ hashes, keys }) => {
    if (token !== undefined && tokenHashMatches(token, hashes)) return true
    proof = 'signature'
    return signature !== undefined && signatureMatches(signature, body, await keys())
  })
  return verdict === 'allowed' ? proof : verdict
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
