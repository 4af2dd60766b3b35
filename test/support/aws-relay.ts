import { randomUUID } from 'node:crypto'
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll } from 'vitest'
import {
  createDynamoDbClient,
  createSecretsManagerClient,
  createSqsClient,
} from '../../adapters/aws/clients.ts'
import { createDeadLetterQueues } from '../../adapters/aws/dead-letter-queues.ts'
import { DueIndex } from '../../adapters/aws/due-index.ts'
import { jointReads } from '../../adapters/aws/joint-reads.ts'
import { createMessageVisibility } from '../../adapters/aws/message-visibility.ts'
import { secretId, setId, tokensId } from '../../adapters/aws/secret-ids.ts'
import { CONFIG_TABLE, LEDGER_TABLE, STATE_TABLE } from '../../adapters/aws/tables.ts'
import { createHttpClient } from '../../adapters/http/client.ts'
import { createNatsPublisher } from '../../adapters/nats/publisher.ts'
import { createMailer } from '../../adapters/smtp/mailer.ts'
import { createDispatch } from '../../functions/dispatch/dispatch.ts'
import { createSweep } from '../../functions/dispatch/sweep.ts'
import { createIngest } from '../../functions/ingest/ingest.ts'
import {
  createReconcileConfig,
  STORE_OPTIONS,
} from '../../functions/reconcile-config/reconcile-config.ts'
import { runScheduledCheck } from '../../functions/reconcile-config/scheduled-check.ts'
import { createCallTime } from '../../functions/shared/call-time.ts'
import { createClusterAccess } from '../../functions/shared/cluster-access.ts'
import { readEnvironment } from '../../functions/shared/environment.ts'
import type { Log } from '../../functions/shared/log.ts'
import { metricsNamespace } from '../../functions/shared/metric-names.ts'
import { createDecisionMetrics } from '../../functions/shared/metrics.ts'
import { type AwsClients, createStorePorts } from '../../functions/shared/ports.ts'
import { SILENCES_KNOWN_FOR_MS } from '../../functions/shared/silence-times.ts'
import { createStageMetrics } from '../../functions/shared/stage-metrics.ts'
import { TRY_LIMITS } from '../../functions/shared/try-bounds.ts'
import { tokenHash } from '../../relay/api/credentials.ts'
import { createDispatcher } from '../../relay/pipeline/dispatch.ts'
import { NO_CLOUD_IDENTITIES } from '../../relay/ports/no-cloud-identities.ts'
import type { Decision } from '../../relay/ports/observer.ts'
import {
  type AwsEndpoint,
  fitted,
  givenEndpoint,
  startDynamoDb,
  startSqs,
} from './aws-endpoints.ts'
import { deleteSecret, putSecret } from './aws-secrets.ts'
import { awaitIndexes, createTable, deleteTable } from './aws-tables.ts'
import { type ShownDecision, shownDecision } from './delivery-records.ts'
import { contextWith } from './event-source-mapping.ts'
import { startSecretsManager } from './secrets-manager.ts'

/** The services of a test file. */
export interface AwsServices {
  readonly dynamoDb: AwsEndpoint
  readonly sqs: AwsEndpoint
  readonly secretsManager: AwsEndpoint
}

/** The relay's functions on tables and queues of their own. */
export type AwsRelay = Awaited<ReturnType<typeof openRelay>>

/** Runs the services for a test file. */
export function awsRelay() {
  let services: AwsServices
  let clients: AwsClients
  const opened: AwsRelay[] = []
  beforeAll(async () => {
    const [dynamoDb, sqs, secretsManager] = await Promise.all([
      startDynamoDb(),
      startSqs(),
      startSecretsManager(),
    ])
    services = { dynamoDb, sqs, secretsManager }
    clients = {
      dynamoDb: fitted(createDynamoDbClient(dynamoDb.options)),
      sqs: fitted(createSqsClient(sqs.options)),
      secretsManager: fitted(createSecretsManagerClient(secretsManager.options)),
    }
    awaitIndexes(clients.dynamoDb)
  })
  afterAll(async () => {
    // What a service in this process holds ends with it.
    if (givenEndpoint) await Promise.all(opened.map((relay) => deleteResources(relay)))
    for (const client of Object.values(clients)) client.destroy()
    await Promise.all(Object.values(services).map((service) => service.stop()))
  })
  return {
    async open() {
      const relay = await openRelay(services, clients)
      opened.push(relay)
      return relay
    },
  }
}

async function deleteResources({
  environment,
  deadLetterUrls,
  clients,
  secretIds,
}: AwsRelay): Promise<void> {
  const { configTable, stateTable, ledgerTable, eventsQueueUrl, retriesQueueUrl } = environment
  for (const name of [configTable, stateTable, ledgerTable]) {
    await deleteTable(clients.dynamoDb, name)
  }
  for (const QueueUrl of [eventsQueueUrl, retriesQueueUrl, ...Object.values(deadLetterUrls)]) {
    await clients.sqs.send(new DeleteQueueCommand({ QueueUrl }))
  }
  for (const id of secretIds) await deleteSecret(clients.secretsManager, id)
}

async function openRelay(services: AwsServices, clients: AwsClients) {
  const { deadLetterUrls, ...variables } = await createResources(
    clients,
    services.sqs.options.endpoint,
  )
  const environment = readEnvironment(variables)
  // It stands still until a test moves it: on a busy machine what is cached or claimed for seconds
  // would be over before the test is.
  // A container that Lambda has frozen may count nothing as elapsed: `frozenMs`.
  const time = { offsetMs: 0, frozenMs: 0 }
  const openedAt = Date.now()
  const clock = {
    now: () => openedAt + time.offsetMs + time.frozenMs,
    elapsed: () => time.offsetMs,
    random: () => 0.5,
  }
  const lines: { level: string; message: string; fields: object }[] = []
  const write = (level: string) => (message: string, fields: object) => {
    lines.push({ level, message, fields })
  }
  const log: Log = { info: write('info'), warn: write('warn'), error: write('error') }
  const metricLines: string[] = []
  const writeMetric = (line: string) => void metricLines.push(line)
  const metrics = createStageMetrics(writeMetric, environment.metricsNamespace, clock)
  const counted = createDecisionMetrics(writeMetric, environment, clock)
  const decisions: ShownDecision[] = []
  let setAside = 0
  const ports = {
    // As dispatch has them.
    ...createStorePorts(environment, clients, clock, {
      reads: jointReads({ client: clients.dynamoDb, clock }),
    }),
    http: createHttpClient({ allowPrivate: true, userAgent: 'flux-relay/test' }),
    nats: createNatsPublisher({ allowPrivate: true }),
    mail: createMailer({ allowPrivate: true }),
    identities: NO_CLOUD_IDENTITIES,
    observer: {
      decided(decision: Decision) {
        decisions.push(shownDecision(decision))
        counted.count(decision)
        counted.flush()
      },
    },
  }
  // As reconcile-config has them.
  const configPorts = createStorePorts(environment, clients, clock, STORE_OPTIONS)
  const access = createClusterAccess(ports.tokens, clock)
  const reports = { log, onFailed: metrics.failed }
  const requestReports = { ...reports, onRefused: metrics.refused }
  const dueIndex = new DueIndex({
    client: clients.dynamoDb,
    tableName: environment.ledgerTable,
  })
  const sweep = createSweep({ ports, index: dueIndex, onOverdue: metrics.overdue, log })
  const configTime = createCallTime()
  const secretIds = new Set([setId(environment.secretPrefix, 'prod')])
  const put = async (id: string, value: object) => {
    secretIds.add(id)
    await putSecret(clients.secretsManager, id, JSON.stringify(value))
  }
  return {
    services,
    clients,
    variables,
    environment,
    deadLetterUrls,
    setAside: () => setAside,
    time,
    lines,
    /** What the functions count, as CloudWatch takes it from their logs. */
    metricLines,
    decisions,
    ports,
    log,
    ingest: createIngest({ ports, access, ...requestReports }),
    // In a container of its own, as on AWS: dispatch learns of a configuration by its table only.
    reconcileConfig: createReconcileConfig({
      noCrossNamespaceRefs: false,
      ports: configPorts,
      access: createClusterAccess(configPorts.tokens, clock),
      timeLeftMs: configTime.timeLeftMs,
      ...requestReports,
    }),
    /** The time of the calls of reconcile-config. */
    configTime,
    /** What the schedule of dispatch does each minute. */
    sweep: () => sweep(contextWith()),
    check: () => runScheduledCheck({ ...configPorts, log, metrics }),
    dispatch: createDispatch({
      environment,
      ports,
      dispatcher: createDispatcher(ports, {
        ...{ ...environment, ...TRY_LIMITS },
        silencesKnownForMs: SILENCES_KNOWN_FOR_MS,
      }),
      ...reports,
      deadLetters: createDeadLetterQueues(clients.sqs),
      visibility: createMessageVisibility(clients.sqs),
      dueIndex,
      onSetAside() {
        setAside += 1
        metrics.setAside()
      },
    }),
    secretIds,
    /** Tokens that are keys of signatures too. */
    setTokens: async (cluster: string, tokens: readonly string[]) => {
      await put(tokensId(environment.secretPrefix, cluster), tokens)
      await ports.tokens.writeHashes(
        cluster,
        { hashes: tokens.map(tokenHash), hasKeys: true },
        'any',
      )
    },
    /** The keys and values of a Secret of flux-system. */
    setSecret: (cluster: string, name: string, data: Readonly<Record<string, string>>) =>
      put(secretId(environment.secretPrefix, cluster, 'flux-system', name), data),
  }
}

async function createResources({ dynamoDb, sqs }: AwsClients, endpoint: string | undefined) {
  const name = `flux-relay-test-${randomUUID()}`
  const queue = async (QueueName: string, Attributes: Record<string, string>) => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))
    if (QueueUrl === undefined) throw new Error(`the queue ${QueueName} has no address`)
    // The emulator puts the region before its IP address, which makes no valid host.
    return endpoint === undefined ? QueueUrl : endpoint + QueueUrl.replace(/^https?:\/\/[^/]+/, '')
  }
  const withDeadLetters = async (queueName: string, deadLetters: string, fifo: boolean) => {
    const attributes: Record<string, string> = fifo ? { FifoQueue: 'true' } : {}
    const deadLetterUrl = await queue(deadLetters, attributes)
    const { Attributes: { QueueArn: deadLetterTargetArn } = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: deadLetterUrl, AttributeNames: ['QueueArn'] }),
    )
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1_000 })
    return { url: await queue(queueName, { ...attributes, RedrivePolicy }), deadLetterUrl }
  }
  const events = await withDeadLetters(`${name}.fifo`, `${name}-dead.fifo`, true)
  const retries = await withDeadLetters(name, `${name}-dead`, false)
  return {
    deadLetterUrls: { events: events.deadLetterUrl, retries: retries.deadLetterUrl },
    CONFIG_TABLE: await createTable(dynamoDb, CONFIG_TABLE),
    STATE_TABLE: await createTable(dynamoDb, STATE_TABLE),
    LEDGER_TABLE: await createTable(dynamoDb, LEDGER_TABLE),
    EVENTS_QUEUE_URL: events.url,
    RETRIES_QUEUE_URL: retries.url,
    SECRET_PREFIX: name,
    POWERTOOLS_METRICS_NAMESPACE: metricsNamespace('prod'),
  }
}

/** A configuration of one generic Provider that posts all events of flux-system to an address. */
export function configBody(takenAt: number, provider = 'sink'): string {
  const metadata = (name: string) => ({ name, namespace: 'flux-system' })
  const apiVersion = 'notification.toolkit.fluxcd.io/v1beta3'
  return JSON.stringify({
    takenAt: new Date(takenAt).toISOString(),
    providers: [
      {
        apiVersion,
        kind: 'Provider',
        metadata: metadata(provider),
        spec: { type: 'generic', secretRef: { name: provider } },
      },
    ],
    alerts: [
      {
        apiVersion,
        kind: 'Alert',
        metadata: metadata('all'),
        spec: {
          providerRef: { name: provider },
          eventSources: [{ kind: 'Kustomization', name: '*' }],
        },
      },
    ],
  })
}
