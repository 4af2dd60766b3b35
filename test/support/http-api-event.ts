import type { HttpEvent } from '../../functions/shared/http-api.ts'

export interface HttpApiRequest {
  readonly method: 'POST' | 'PUT' | 'GET'
  readonly resource: 'events' | 'config'
  readonly cluster: string
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes come base64-encoded, as API Gateway does with what is not text. */
  readonly body?: string | Uint8Array
}

/** The same event as the URL of a function makes it, which knows no route. */
export function functionUrlEvent(request: HttpApiRequest): HttpEvent {
  const { pathParameters: _, ...event } = httpApiEvent(request)
  const domainName = 'abcdefg.lambda-url.eu-central-1.on.aws'
  const routeKey = '$default'
  const about = { ...event.requestContext, accountId: 'anonymous', domainName, routeKey }
  return { ...event, routeKey, requestContext: about }
}

/** An event as an HTTP API makes it, payload format 2.0. */
export function httpApiEvent(request: HttpApiRequest): HttpEvent {
  const { method, resource, cluster, headers = {}, body } = request
  const path = `/v1/clusters/${cluster}/${resource}`
  const routeKey = `${method} /v1/clusters/{cluster}/${resource}`
  const isBase64Encoded = body instanceof Uint8Array
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers: { 'content-type': 'application/json', ...headers },
    pathParameters: { cluster },
    requestContext: {
      accountId: '000000000000',
      apiId: 'api',
      domainName: 'api.execute-api.eu-central-1.amazonaws.com',
      domainPrefix: 'api',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: 'request',
      routeKey,
      stage: '$default',
      time: '20/Nov/2026:09:14:03 +0000',
      timeEpoch: 0,
    },
    isBase64Encoded,
    ...(body !== undefined && {
      body: isBase64Encoded ? Buffer.from(body).toString('base64') : body,
    }),
  }
}
