import { type Answer, problemAnswer } from '../answer.ts'
import { MAX_CONFIG_BYTES } from '../body.ts'
import { headerOf } from '../http.ts'
import { problem } from '../problem.ts'
import type { ConfigRequest } from '../put-config.ts'
import { type Call, type Route, routeOf } from '../route.ts'
import { shipperVersion } from '../shipper-version.ts'

/** What the routes for configurations need from a host. */
export interface ConfigRouteParts {
  /** Stores a set, as `putConfig` does. */
  put(request: ConfigRequest): Promise<Answer>
  /** Shows a set, as `showConfig` does. */
  show(cluster: string): Promise<Answer>
  /** Called after a set was stored. `told` is the answer, which tells its revision and what of it is ready. */
  onStored(cluster: string, told: string): Promise<void>
  /** Whether the host itself provides the cluster's set, from its manifests folder. */
  readonly ownsConfig?: (cluster: string) => boolean
}

/** Replaces and shows a cluster's Alerts and Providers. */
export function configRoutes(parts: ConfigRouteParts): readonly Route[] {
  return [
    routeOf('putConfig', { maxBodyBytes: MAX_CONFIG_BYTES, handle: (call) => put(parts, call) }),
    routeOf('showConfig', { handle: ({ cluster }) => parts.show(cluster) }),
  ]
}

async function put(parts: ConfigRouteParts, call: Call): Promise<Answer> {
  const { cluster, request } = call
  if (parts.ownsConfig?.(cluster)) {
    // Shippers of commit 591c4aa know it by this text: it stays word for word until 1.0.
    const detail = `the manifests folder owns the configuration of ${cluster}; change it there`
    return problemAnswer(problem('config-owned', detail))
  }
  const read = await call.readBody()
  if ('problem' in read) return problemAnswer(read.problem)
  return storeConfig(parts, {
    cluster,
    body: read.body,
    contentEncoding: headerOf(request, 'content-encoding'),
    contentType: headerOf(request, 'content-type'),
    shipper: shipperVersion(request),
  })
}

/** Stores a set, and calls `onStored` afterwards. */
export async function storeConfig(
  { put, onStored }: Pick<ConfigRouteParts, 'put' | 'onStored'>,
  request: ConfigRequest,
): Promise<Answer> {
  const answer = await put(request)
  if (answer.status === 200) await onStored(request.cluster, answer.body)
  return answer
}
