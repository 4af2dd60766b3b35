import { problem } from '../../relay/intake/problem.ts'
import { MAX_SECRET_BYTES, putSecret } from '../../relay/intake/put-secret.ts'
import { configurationCame } from '../configuration-came.ts'
import { readRequestBody } from '../request-body.ts'
import { answerResponse, problemResponse } from '../responses.ts'
import { type RequestContext, type Route, routeOf, type ServerDependencies } from '../route.ts'

/** Takes Secrets of the clusters that have no manifests folder; none is ever shown. */
export function secretRoutes(deps: ServerDependencies): readonly Route[] {
  return [routeOf('putSecret', (context) => put(deps, context))]
}

async function put(deps: ServerDependencies, { req, env }: RequestContext): Promise<Response> {
  const { cluster = '', namespace = '', name = '' } = req.param()
  if (deps.ownsConfig(cluster)) {
    const detail = `the manifests folder owns the Secrets of ${cluster}; add a manifest of kind Secret there`
    return problemResponse(problem('config-owned', detail))
  }
  const read = await readRequestBody(env.incoming, MAX_SECRET_BYTES)
  if ('problem' in read) return problemResponse(read.problem)
  const contentEncoding = req.header('content-encoding')
  const request = { cluster, namespace, name, body: read.body, contentEncoding }
  const answer = await putSecret(deps.secretWriter, request)
  if (answer.status === 200) {
    await configurationCame(deps, cluster, () => deps.configurations.judgeAgain(cluster))
  }
  return answerResponse(answer, deps.log)
}
