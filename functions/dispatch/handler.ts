import type { Context, ScheduledEvent, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { createDeadLetterQueues } from '../../adapters/aws/dead-letter-queues.ts'
import { DueIndex } from '../../adapters/aws/due-index.ts'
import { jointReads } from '../../adapters/aws/joint-reads.ts'
import { createMessageVisibility } from '../../adapters/aws/message-visibility.ts'
import { createHttpClient } from '../../adapters/http/client.ts'
import { createLookUps } from '../../adapters/http/look-ups.ts'
import { createNatsPublisher } from '../../adapters/nats/publisher.ts'
import { createMailer } from '../../adapters/smtp/mailer.ts'
import { systemClock } from '../../hosts/kit/system-clock.ts'
import manifest from '../../package.json' with { type: 'json' }
import { damagedMemoryEntry, withDamageReports } from '../../relay/pipeline/damaged-memory.ts'
import { createDispatcher } from '../../relay/pipeline/dispatch.ts'
import { createCallTime } from '../shared/call-time.ts'
import { readEnvironment } from '../shared/environment.ts'
import { createLog, logDecision } from '../shared/log.ts'
import { createDecisionMetrics, writeToStdout } from '../shared/metrics.ts'
import { createClients, createStorePorts } from '../shared/ports.ts'
import { SILENCES_KNOWN_FOR_MS } from '../shared/silence-times.ts'
import { createStageMetrics } from '../shared/stage-metrics.ts'
import { TRY_LIMITS } from '../shared/try-bounds.ts'
import { AFTER_TRY_MS } from './deadline.ts'
import { createDispatch } from './dispatch.ts'
import { createIdentities } from './identities.ts'
import { createSweep } from './sweep.ts'

const environment = readEnvironment(process.env)
const log = createLog(environment)
const addresses = {
  allowPrivate: environment.allowPrivateAddresses,
  resolve: createLookUps(),
  refuse: environment.runtimeApi === undefined ? [] : [environment.runtimeApi],
}
const metrics = createStageMetrics(writeToStdout, environment.metricsNamespace, systemClock)
const decisions = createDecisionMetrics(writeToStdout, environment, systemClock)
const clients = createClients()
// All that is known of the events of a call takes one wait, and one request.
const reads = jointReads({ client: clients.dynamoDb, clock: systemClock })
const stores = createStorePorts(environment, clients, systemClock, { reads })
const ports = {
  ...stores,
  state: withDamageReports(stores.state, systemClock, (damage) => {
    const { fields, message } = damagedMemoryEntry(damage)
    log.warn(message, fields)
  }),
  identities: createIdentities(environment, clients, systemClock),
  http: createHttpClient({
    ...addresses,
    proxies: environment.proxies,
    userAgent: `flux-relay/${manifest.version}`,
  }),
  nats: createNatsPublisher(addresses),
  mail: createMailer(addresses),
  observer: {
    decided(decision: Parameters<typeof logDecision>[1]) {
      logDecision(log, decision)
      decisions.count(decision)
    },
    tested: (decision: Parameters<typeof logDecision>[1]) => logDecision(log, decision),
  },
}

const dueIndex = new DueIndex({ client: clients.dynamoDb, tableName: environment.ledgerTable })
const callTime = createCallTime(AFTER_TRY_MS)
const dispatch = createDispatch({
  environment,
  ports,
  dispatcher: createDispatcher(ports, {
    ...{ ...environment, ...TRY_LIMITS, ...callTime },
    silencesKnownForMs: SILENCES_KNOWN_FOR_MS,
  }),
  deadLetters: createDeadLetterQueues(clients.sqs),
  visibility: createMessageVisibility(clients.sqs),
  dueIndex,
  onSetAside: metrics.setAside,
  onFailed: metrics.failed,
  log,
})
const sweep = createSweep({ ports, index: dueIndex, onOverdue: metrics.overdue, log })

/** Delivers what is in the queues; on a schedule it queues what the ledger holds and is due. */
export function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse>
export function handler(event: ScheduledEvent, context: Context): Promise<undefined>
export async function handler(
  event: SQSEvent | ScheduledEvent,
  context: Context,
): Promise<SQSBatchResponse | undefined> {
  log.begin(context)
  callTime.begin(context)
  try {
    if ('Records' in event) return await dispatch(event, context)
    await sweep(context)
    return undefined
  } finally {
    decisions.flush()
  }
}
