import type { ScheduledEvent } from 'aws-lambda'
import { createClusterAccess } from '../shared/cluster-access.ts'
import { readEnvironment } from '../shared/environment.ts'
import type { HttpEvent, HttpResult } from '../shared/http-api.ts'
import { createLog } from '../shared/log.ts'
import { writeToStdout } from '../shared/metrics.ts'
import { createClients, createStorePorts, systemClock } from '../shared/ports.ts'
import { createReconcileConfig } from './reconcile-config.ts'
import { checkSilentClusters } from './silent-clusters.ts'

const environment = readEnvironment(process.env)
const ports = createStorePorts(environment, createClients(), systemClock)
const log = createLog(environment)
const reconcileConfig = createReconcileConfig({
  ports,
  access: createClusterAccess(ports.tokens, systemClock),
  log,
})

/** Takes and shows the configurations of clusters; on a schedule it looks for silent ones. */
export function handler(event: HttpEvent): Promise<HttpResult>
export function handler(event: ScheduledEvent): Promise<undefined>
export async function handler(event: HttpEvent | ScheduledEvent): Promise<HttpResult | undefined> {
  if ('requestContext' in event) return reconcileConfig(event)
  const { metricsNamespace } = environment
  await checkSilentClusters({ ...ports, log, metricsNamespace, write: writeToStdout })
  return undefined
}
