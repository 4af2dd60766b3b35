import { createDeadLetterQueues } from '../../adapters/aws/dead-letter-queues.ts'
import { createHttpClient } from '../../adapters/http/client.ts'
import { createLookUps } from '../../adapters/http/look-ups.ts'
import { createNatsPublisher } from '../../adapters/nats/publisher.ts'
import { systemClock } from '../../adapters/system-clock.ts'
import manifest from '../../package.json' with { type: 'json' }
import { createDispatcher } from '../../relay/pipeline/dispatch.ts'
import { readEnvironment } from '../shared/environment.ts'
import { createLog, logDecision } from '../shared/log.ts'
import { countDecision, writeToStdout } from '../shared/metrics.ts'
import { createClients, createStorePorts } from '../shared/ports.ts'
import { createStageMetrics } from '../shared/stage-metrics.ts'
import { TRY_LIMITS } from './deadline.ts'
import { createDispatch } from './dispatch.ts'
import { createIdentities } from './identities.ts'

const environment = readEnvironment(process.env)
const log = createLog(environment)
const addresses = {
  allowPrivate: environment.allowPrivateAddresses,
  resolve: createLookUps(),
  refuse: environment.runtimeApi === undefined ? [] : [environment.runtimeApi],
}
const metrics = createStageMetrics(writeToStdout, environment.metricsNamespace, systemClock)
const clients = createClients()
const ports = {
  ...createStorePorts(environment, clients, systemClock),
  identities: createIdentities(environment, clients, systemClock),
  http: createHttpClient({
    ...addresses,
    proxies: environment.proxies,
    userAgent: `flux-relay/${manifest.version}`,
  }),
  nats: createNatsPublisher(addresses),
  observer: {
    decided(decision: Parameters<typeof logDecision>[1]) {
      logDecision(log, decision)
      countDecision(writeToStdout, environment, decision, systemClock.now())
    },
  },
}

/** Delivers what is in the queues. */
export const handler = createDispatch({
  environment,
  ports,
  dispatcher: createDispatcher(ports, { ...environment, ...TRY_LIMITS }),
  deadLetters: createDeadLetterQueues(clients.sqs),
  onSetAside: metrics.setAside,
  onFailed: metrics.failed,
  log,
})
