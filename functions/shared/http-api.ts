import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2 as HttpResult,
} from 'aws-lambda'
import { createDoorLog, type DoorLog } from '../../hosts/kit/door-log.ts'
import { systemClock } from '../../hosts/kit/system-clock.ts'
import { tooLarge } from '../../relay/api/body.ts'
import { createEdge } from '../../relay/api/edge.ts'
import type { EdgeRequest } from '../../relay/api/http.ts'
import type { Route } from '../../relay/api/route.ts'
import type { ClusterAccess } from '../../relay/api/senders.ts'
import type { FailureReports } from './failure-reports.ts'
import { fittingAnswer } from './fitting-answer.ts'

/** An event of an HTTP API, payload format 2.0. */
export type HttpEvent = APIGatewayProxyEventV2

export type { HttpResult }

/** What serving routes to clusters needs. */
export interface HttpApiParts extends FailureReports {
  readonly access: ClusterAccess
  /** Counts a request that names an existing cluster and does not prove to come from it. */
  readonly onRefused: () => void
}

/** Tells of events that did not get in, each container for itself. */
export function doorLogOf(log: HttpApiParts['log']): DoorLog {
  return createDoorLog((level, fields, message) => log[level](message, fields), systemClock)
}

/** Serves routes of the relay behind an HTTP API. Operators do not use it: they use the AWS API. */
export function createHttpApi(
  routes: readonly Route[],
  { access, log, onFailed, onRefused }: HttpApiParts,
): (event: HttpEvent) => Promise<HttpResult> {
  const door = doorLogOf(log)
  const edge = createEdge({
    routes,
    senders: { kind: 'proven', clusters: access },
    // Whatever fails here, the same event may be taken later, and in another container.
    isStoreFailure: () => true,
    onFailure({ cause, ...request }) {
      log.error('request failed', { error: asError(cause), ...request })
      onFailed()
    },
    onRefused: (refused) => {
      const { cluster, problem } = refused
      door.refused(refused)
      if (cluster !== undefined && problem.code === 'unauthorized') onRefused()
    },
  })
  return async (event) => {
    const { status, headers, body } = await edge.handle(requestOf(event))
    return fittingAnswer({ statusCode: status, headers: { ...headers }, body })
  }
}

/**
 * Reads a request, whose path API Gateway has decoded.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
function requestOf(event: HttpEvent): EdgeRequest {
  const { domainName, http } = event.requestContext
  const headers = Object.fromEntries(
    Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  return {
    method: http.method,
    origin: `https://${domainName}`,
    path: pathOf(event),
    query: event.rawQueryString,
    headers,
    remoteAddress: http.sourceIp,
    readBody: async (maxBytes) => {
      const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8')
      return body.byteLength > maxBytes ? { problem: tooLarge(maxBytes) } : { body }
    },
  }
}

/**
 * The path of the route with its parameters. The request's own path may begin with a stage, but not
 * where it came by the URL of a function, which has neither routes nor stages.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */
function pathOf({ routeKey, rawPath, pathParameters = {} }: HttpEvent): string {
  if (routeKey === '$default') return rawPath
  const [, template = ''] = routeKey.split(' ')
  return template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(pathParameters[name] ?? ''))
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause))
}
