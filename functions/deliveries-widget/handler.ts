import { systemClock } from '../../hosts/kit/system-clock.ts'
import { readEnvironment } from '../shared/environment.ts'
import { createLog, logged } from '../shared/log.ts'
import { writeToStdout } from '../shared/metrics.ts'
import { createClients, createStorePorts } from '../shared/ports.ts'
import { createStageMetrics } from '../shared/stage-metrics.ts'
import { createDeliveriesWidget } from './deliveries-widget.ts'

const environment = readEnvironment(process.env)
const log = createLog(environment)

const widget = createDeliveriesWidget({
  ports: createStorePorts(environment, createClients(), systemClock),
  replayButton: environment.replayButton,
  log,
  onFailed: createStageMetrics(writeToStdout, environment.metricsNamespace, systemClock).failed,
})

/** Shows failed deliveries in a CloudWatch dashboard, and replays them where that is allowed. */
export const handler = logged(log, widget)
