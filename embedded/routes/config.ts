import { MAX_CONFIG_BYTES } from '../../relay/intake/body.ts'
import { problem } from '../../relay/intake/problem.ts'
import { configurationCame } from '../configuration-came.ts'
import { readRequestBody } from '../request-body.ts'
import { answerResponse, problemResponse } from '../responses.ts'
import { type RequestContext, type Route, routeOf, type ServerDependencies } from '../route.ts'

/** Replaces and shows a cluster's Alerts and Providers. */
export function configRoutes(deps: ServerDependencies): readonly Route[] {
  const show = async (context: RequestContext) =>
    answerResponse(await deps.configurations.show(clusterOf(context)), deps.log)
  return [routeOf('putConfig', (context) => put(deps, context)), routeOf('showConfig', show)]
}

async function put(deps: ServerDependencies, context: RequestContext): Promise<Response> {
  const cluster = clusterOf(context)
  if (deps.ownsConfig(cluster)) {
    // Shippers of commit 591c4aa know it by this text: it stays word for word until 1.0.
    const detail = `the manifests folder owns the configuration of ${cluster}; change it there`
    return problemResponse(problem('config-owned', detail))
  }
  const read = await readRequestBody(context.env.incoming, MAX_CONFIG_BYTES)
  if ('problem' in read) return problemResponse(read.problem)
  const request = {
    cluster,
    body: read.body,
    contentEncoding: context.req.header('content-encoding'),
    contentType: context.req.header('content-type'),
  }
  const answer = await deps.configurations.put(request)
  if (answer.status === 200) await configurationCame(deps, cluster)
  return answerResponse(answer, deps.log)
}

function clusterOf(context: RequestContext): string {
  return context.req.param('cluster') ?? ''
}
