import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { getPath } from 'hono/utils/url'
import { DatabaseError } from '../adapters/sqlite/database-error.ts'
import { unavailableAnswer } from '../relay/intake/answer.ts'
import { problem } from '../relay/intake/problem.ts'
import { ClusterName } from '../relay/model/config.ts'
import { accessProblem } from './access.ts'
import { foreignProblem } from './loopback.ts'
import { answerResponse, methodNotAllowed, problemResponse } from './responses.ts'
import type { RequestContext, Route, ServerDependencies } from './route.ts'
import { configRoutes } from './routes/config.ts'
import { deliveryRoutes } from './routes/deliveries.ts'
import { echoRoutes } from './routes/echo.ts'
import { eventRoutes } from './routes/events.ts'
import { probeRoutes } from './routes/probes.ts'
import { quarantineRoutes } from './routes/quarantine.ts'
import { secretRoutes } from './routes/secrets.ts'

/** Every route of the server, in one table. */
function allRoutes(deps: ServerDependencies): readonly Route[] {
  return [
    ...eventRoutes(deps),
    ...configRoutes(deps),
    ...secretRoutes(deps),
    ...deliveryRoutes(deps),
    ...quarantineRoutes(deps),
    ...probeRoutes(deps),
    ...echoRoutes(deps),
    ...(deps.moreRoutes ?? []),
  ]
}

/** The application: routes, access, and a problem document for all that is refused. */
export function createApp(deps: ServerDependencies): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>({ getPath: plainPath })
  if (deps.tokens === undefined) {
    app.use(async (context, next) => {
      const { method, url } = context.req
      const foreign = foreignProblem({ method, url, origin: context.req.header('origin') })
      return foreign ? problemResponse(foreign) : next()
    })
  }
  const routes = allRoutes(deps)
  for (const route of routes) {
    app.on(route.method, route.path, (context) => admit(deps, route, context))
  }
  for (const [path, methods] of methodsByPath(routes)) {
    app.all(path, () => methodNotAllowed(methods))
  }
  app.notFound(() => problemResponse(problem('unknown-path', 'there is nothing at this path')))
  app.onError((error, { req }) => {
    if (error instanceof DatabaseError) {
      return answerResponse(unavailableAnswer('the database fails; send it again', error), deps.log)
    }
    deps.log.error({ err: error, method: req.method, path: req.routePath }, 'request failed')
    return problemResponse(problem('internal', 'unexpected error; the log of the relay has more'))
  })
  return app
}

/**
 * The path of a request; that of a POST with one slash in the place of several and none at the end.
 * Who sets an address by hand writes such, and a sender of events that gets a 404 loses them. Other
 * servers redirect there, which Flux's event recorder follows with a GET.
 */
function plainPath(request: Request): string {
  if (request.method !== 'POST') return getPath(request)
  const path = getPath(request).replace(/\/{2,}/g, '/')
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

function admit(
  deps: ServerDependencies,
  route: Route,
  context: RequestContext,
): Response | Promise<Response> {
  const cluster = context.req.param('cluster')
  const name = cluster === undefined ? undefined : ClusterName.safeParse(cluster)
  if (name?.success === false) {
    const [issue] = name.error.issues
    return problemResponse(problem('bad-parameter', `cluster: ${issue?.message}`))
  }
  const claim = { cluster: cluster ?? '', authorization: context.req.header('authorization') }
  const refused = accessProblem(deps.tokens, route.access, claim)
  return refused ? problemResponse(refused) : route.handle(context)
}

/** HEAD is answered as GET without the body. */
function methodsByPath(routes: readonly Route[]): ReadonlyMap<string, readonly string[]> {
  const byPath = Map.groupBy(routes, ({ path }) => path)
  return new Map(
    [...byPath].map(([path, own]) => [
      path,
      own.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])),
    ]),
  )
}
