import { type Answer, problemAnswer } from '../../relay/intake/answer.ts'
import { bearerToken, tokenMatches } from '../../relay/intake/credentials.ts'
import { problem } from '../../relay/intake/problem.ts'
import { putConfig } from '../../relay/intake/put-config.ts'
import { showConfig } from '../../relay/intake/show-config.ts'
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
import { wakeSoon } from './wake-soon.ts'

/** What taking and showing configurations needs. */
export interface ReconcileConfigParts {
  readonly ports: Pick<Ports, 'configs' | 'secrets' | 'clock' | 'ledger' | 'queue'>
  readonly access: ClusterAccess
  readonly log: Log
}

/** `PUT` and `GET /v1/clusters/{cluster}/config`. */
export function createReconcileConfig({ ports, access, log }: ReconcileConfigParts) {
  return (event: HttpEvent): Promise<HttpResult> =>
    respond(log, async () => {
      const request = readRequest(event)
      return (await isCluster(access, request)) ? answer({ ports, log }, request) : refused(request)
    })
}

async function isCluster(access: ClusterAccess, { cluster, headers }: HttpRequest) {
  const token = bearerToken(headers.authorization)
  if (token === undefined) return false
  return access.allows(cluster, (tokens) => tokenMatches(token, tokens))
}

function refused({ cluster }: HttpRequest): Answer {
  return unauthorized(`Authorization: Bearer with a token of the cluster ${cluster}`)
}

async function answer(
  { ports, log }: Pick<ReconcileConfigParts, 'ports' | 'log'>,
  request: HttpRequest,
): Promise<Answer> {
  const { method, cluster } = request
  if (method === 'PUT') {
    const put = await putConfig(ports, request)
    if (put.status === 200) await wakeSoon({ ports, log }, cluster)
    return put
  }
  if (method === 'GET') return showConfig(ports, cluster)
  return problemAnswer(problem(405, 'expected GET, PUT'))
}
