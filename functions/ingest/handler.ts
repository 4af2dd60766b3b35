import { systemClock } from '../../hosts/kit/system-clock.ts'
import { createClusterAccess } from '../shared/cluster-access.ts'
import { readEnvironment } from '../shared/environment.ts'
import { createLog, logged } from '../shared/log.ts'
import { writeToStdout } from '../shared/metrics.ts'
import { createClients, createStorePorts } from '../shared/ports.ts'
import { createStageMetrics } from '../shared/stage-metrics.ts'
import { createIngest } from './ingest.ts'

const environment = readEnvironment(process.env)
const log = createLog(environment)
const ports = createStorePorts(environment, createClients(), systemClock)
const metrics = createStageMetrics(writeToStdout, environment.metricsNamespace, systemClock)

const ingest = createIngest({
  ports,
  access: createClusterAccess(ports.tokens, systemClock),
  log,
  onFailed: metrics.failed,
  onRefused: metrics.refused,
})

/** Takes the events of clusters over HTTP and queues them. */
export const handler = logged(log, ingest)
