import { putConfig } from '../../relay/api/put-config.ts'
import { configRoutes } from '../../relay/api/routes/config.ts'
import { showConfig } from '../../relay/api/show-config.ts'
import { noPause } from '../../relay/pipeline/slices.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import { createHttpApi, type HttpApiParts } from '../shared/http-api.ts'
import { TRY_BOUNDS } from '../shared/try-bounds.ts'
import { type WakeSoonParts, wakeSoon } from './wake-soon.ts'

/**
 * Credentials are read for each request: a configuration comes every ten minutes, and one from a cluster that was
 * just taken out of use would bring it back.
 */
export const STORE_OPTIONS = { hearsClusters: true, tokensMaxAgeMs: 0 } as const

/** What taking and showing configurations needs. */
export interface ReconcileConfigParts extends HttpApiParts, Pick<WakeSoonParts, 'timeLeftMs'> {
  readonly ports: Pick<Ports, 'secrets' | 'clock'> & WakeSoonParts['ports']
  /** Whether an Alert takes only events of its own namespace, and uses only Providers of it. */
  readonly noCrossNamespaceRefs: boolean
}

/** Makes the handler of `PUT` and `GET /v1/clusters/{cluster}/config`. */
export function createReconcileConfig(parts: ReconcileConfigParts) {
  const { ports, noCrossNamespaceRefs } = parts
  const host = { bounds: TRY_BOUNDS, noCrossNamespaceRefs }
  const routes = configRoutes({
    put: (request) => putConfig(ports, request, noPause, host),
    show: (cluster) => showConfig(ports, cluster),
    onStored: (cluster) => wakeSoon(parts, cluster),
  })
  return createHttpApi(routes, parts)
}
