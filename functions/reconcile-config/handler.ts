import type { Context, ScheduledEvent } from 'aws-lambda'
import { systemClock } from '../../hosts/kit/system-clock.ts'
import { createCallTime } from '../shared/call-time.ts'
import { createClusterAccess } from '../shared/cluster-access.ts'
import { readEnvironment } from '../shared/environment.ts'
import type { HttpEvent, HttpResult } from '../shared/http-api.ts'
import { createLog } from '../shared/log.ts'
import { writeToStdout } from '../shared/metrics.ts'
import { createClients, createStorePorts } from '../shared/ports.ts'
import { createStageMetrics } from '../shared/stage-metrics.ts'
import { createReconcileConfig, STORE_OPTIONS } from './reconcile-config.ts'
import { runScheduledCheck } from './scheduled-check.ts'

const environment = readEnvironment(process.env)
const ports = createStorePorts(environment, createClients(), systemClock, STORE_OPTIONS)
const log = createLog(environment)
const metrics = createStageMetrics(writeToStdout, environment.metricsNamespace, systemClock)
const callTime = createCallTime()
const reconcileConfig = createReconcileConfig({
  ports,
  noCrossNamespaceRefs: environment.noCrossNamespaceRefs,
  access: createClusterAccess(ports.tokens, systemClock),
  log,
  onFailed: metrics.failed,
  onRefused: metrics.refused,
  timeLeftMs: callTime.timeLeftMs,
})

type Invocation = Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>

/**
 * Accepts and shows the configurations of clusters. On a schedule it checks what no request
 * reports.
 */
export function handler(event: HttpEvent, invocation: Invocation): Promise<HttpResult>
export function handler(event: ScheduledEvent, invocation: Invocation): Promise<undefined>
export async function handler(
  event: HttpEvent | ScheduledEvent,
  invocation: Invocation,
): Promise<HttpResult | undefined> {
  log.begin(invocation)
  callTime.begin(invocation)
  if ('requestContext' in event) return reconcileConfig(event)
  await runScheduledCheck({ ...ports, log, metrics })
  return undefined
}
