import { type Answer, problemAnswer } from '../../relay/intake/answer.ts'
import { bearerToken, tokenHashMatches } from '../../relay/intake/credentials.ts'
import { problem } from '../../relay/intake/problem.ts'
import { putConfig } from '../../relay/intake/put-config.ts'
import { showConfig } from '../../relay/intake/show-config.ts'
import { noPause } from '../../relay/pipeline/slices.ts'
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
import { TRY_BOUNDS } from '../shared/try-bounds.ts'
import { wakeSoon } from './wake-soon.ts'

/** What taking and showing configurations needs. */
export interface ReconcileConfigParts extends FailureReports {
  readonly ports: Pick<Ports, 'configs' | 'secrets' | 'clock' | 'ledger' | 'queue'>
  readonly access: ClusterAccess
  /** Counts a request that names a cluster there is and does not prove to be of it. */
  readonly onRefused: () => void
}

/** `PUT` and `GET /v1/clusters/{cluster}/config`. */
export function createReconcileConfig(parts: ReconcileConfigParts) {
  return (event: HttpEvent): Promise<HttpResult> =>
    respond(parts, async () => {
      const request = readRequest(event)
      const verdict = await judge(parts.access, request)
      if (verdict === 'allowed') return answer(parts, request)
      if (verdict === 'refused') parts.onRefused()
      return refused(request)
    })
}

function judge(access: ClusterAccess, { cluster, headers }: HttpRequest): Promise<AccessVerdict> {
  const token = bearerToken(headers.authorization)
  return access.judge(
    cluster,
    async ({ hashes }) => token !== undefined && tokenHashMatches(token, hashes),
  )
}

function refused({ cluster }: HttpRequest): Answer {
  return unauthorized(`Authorization: Bearer with a token of the cluster ${cluster}`)
}

async function answer({ ports, log }: ReconcileConfigParts, request: HttpRequest): Promise<Answer> {
  const { method, cluster } = request
  if (method === 'PUT') {
    const put = await putConfig(ports, request, noPause, TRY_BOUNDS)
    if (put.status === 200) await wakeSoon({ ports, log }, cluster)
    return put
  }
  if (method === 'GET') return showConfig(ports, cluster)
  return problemAnswer(problem('wrong-method', 'expected GET, PUT'))
}
