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

/** What taking and showing configurations needs. */
export interface ReconcileConfigParts {
  readonly ports: Pick<Ports, 'configs' | 'secrets' | 'clock'>
  readonly access: ClusterAccess
  readonly log: Log
}

/** `PUT` and `GET /v1/clusters/{cluster}/config`. */
export function createReconcileConfig({ ports, access, log }: ReconcileConfigParts) {
  return (event: HttpEvent): Promise<HttpResult> =>
    respond(log, async () => {
      const request = readRequest(event)
      return (await isCluster(access, request)) ? answer(ports, request) : refused(request)
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

async function answer(ports: ReconcileConfigParts['ports'], request: HttpRequest): Promise<Answer> {
  const { method, cluster } = request
  if (method === 'PUT') return putConfig(ports, request)
  if (method === 'GET') return showConfig(ports, cluster)
  return problemAnswer(problem(405, 'expected GET, PUT'))
}
