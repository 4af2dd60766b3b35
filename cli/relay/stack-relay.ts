import { callerArn } from '../../adapters/aws/caller.ts'
import { createStsClient } from '../../adapters/aws/clients.ts'
import { ClusterAdmission } from '../../adapters/aws/cluster-admission.ts'
import { countDeadLetters, moveDeadLetters } from '../../adapters/aws/dead-letters.ts'
import { createKnownClusters } from '../../adapters/aws/known-clusters.ts'
import { LedgerTail } from '../../adapters/aws/ledger-tail.ts'
import { SecretSets } from '../../adapters/aws/secret-sets.ts'
import { SecretsLock } from '../../adapters/aws/secrets-lock.ts'
import { SecretsManagerWriter } from '../../adapters/aws/secrets-manager-writer.ts'
import type { ChangeRequests } from '../../client/delivery-changes.ts'
import type { OverviewRequests } from '../../client/overview-requests.ts'
import type { ExplainRules, RelayRequests } from '../../client/requests.ts'
import { readEnvironment } from '../../functions/shared/environment.ts'
import {
  type AwsClients,
  createClients,
  createStorePorts,
  type StorePorts,
} from '../../functions/shared/ports.ts'
import { SILENCES_KNOWN_FOR_MS } from '../../functions/shared/silence-times.ts'
import { TRY_BOUNDS } from '../../functions/shared/try-bounds.ts'
import { systemClock } from '../../hosts/kit/system-clock.ts'
import type { Answer } from '../../relay/api/answer.ts'
import {
  dismissDelivery,
  listDeliveries,
  replayDelivery,
  showDelivery,
} from '../../relay/api/deliveries.ts'
import { answerEvent } from '../../relay/api/event-query.ts'
import { explain } from '../../relay/api/explain.ts'
import { type ClusterPorts, listClusters } from '../../relay/api/list-clusters.ts'
import { listEvents } from '../../relay/api/list-events.ts'
import { type ConfigRequest, putConfig } from '../../relay/api/put-config.ts'
import { putSecret, type SecretRequest } from '../../relay/api/put-secret.ts'
import { receiveEvents } from '../../relay/api/receive-events.ts'
import { storeConfig } from '../../relay/api/routes/config.ts'
import { endSilence } from '../../relay/api/routes/silences.ts'
import { createRulesReader } from '../../relay/api/rules-of-then.ts'
import { showConfig } from '../../relay/api/show-config.ts'
import { createSilence, listSilences } from '../../relay/api/silences.ts'
import { testProvider } from '../../relay/api/test-provider.ts'
import type { HostRules } from '../../relay/pipeline/reconcile.ts'
import { judgeAgain } from '../../relay/pipeline/rejudge.ts'
import { noPause } from '../../relay/pipeline/slices.ts'
import { wakeSilenced, wakeWaiting } from '../../relay/pipeline/wake.ts'
import { warnLine } from '../output/print.ts'
import { ledgerChanges } from './ledger-changes.ts'
import { awsError, onAws } from './on-aws.ts'
import { runQueuedTest } from './queued-test.ts'
import { type StackClusters, stackClusters } from './stack-clusters.ts'
import { stackFleet } from './stack-fleet.ts'
import { readStackOutputs, type StackOutputs } from './stack-outputs.ts'
import { createStackOverview } from './stack-overview.ts'
import type { TailSource } from './tail-look.ts'

/** How long it takes until dispatch sees that a silence has ended, and a second more. Milliseconds. */
const SILENCE_SEEN_MS = SILENCES_KNOWN_FOR_MS + 1_000

/** What only a deployment on AWS can be asked. */
export interface StackRelay extends RelayRequests, ChangeRequests, StackClusters {
  /** Changes who may send. */
  readonly admission: ClusterAdmission
  readonly secrets: SecretsManagerWriter
  /** What a console shows of a cluster, and of the objects of any. */
  overviewOf(cluster: string): OverviewRequests
  /** What came last to the ledger of a cluster. */
  tailOf(cluster: string): TailSource
  /** Tells how many messages the dead-letter queues hold. */
  countDeadLetters(): ReturnType<typeof countDeadLetters>
  /** Puts back what dispatch could not process; resolves with the dead-letter queues' ARNs. */
  moveDeadLetters(): ReturnType<typeof moveDeadLetters>
  close(): void
}

/**
 * The relay of a CloudFormation stack. What its functions do with a request is done here, on its
 * tables and queues, with the rights of whoever calls. Every call rejects with `UsageError`.
 */
export async function openStackRelay(stack: string): Promise<StackRelay> {
  const outputs = await onAws(readStackOutputs(stack))
  const clients = createClients()
  const ports = createStorePorts(environmentOf(outputs), clients, systemClock)
  const place = { client: clients.secretsManager, prefix: outputs.SecretPrefix }
  const lock = new SecretsLock({ state: ports.state, clock: systemClock })
  const secrets = new SecretsManagerWriter({
    ...place,
    sets: new SecretSets({ ...place, lock }),
    onLeft: (id, error) =>
      warnLine(`stored; ${id} is not needed any more, and stays (${awsError(error).message})`),
  })
  const clusters = createKnownClusters({
    client: clients.dynamoDb,
    ...{ configTable: outputs.ConfigTable, ledgerTable: outputs.LedgerTable, clock: systemClock },
  })
  const ledgerTable = { client: clients.dynamoDb, tableName: outputs.LedgerTable }
  const tail = new LedgerTail({ ...ledgerTable, clock: systemClock })
  const tailOf = (cluster: string): TailSource => ({
    positions: (filter, limit) => onAws(tail.positions({ ...filter, cluster }, limit)),
    read: (ids) => onAws(tail.read(ids)),
  })
  const queueUrls = [outputs.EventsQueueUrl, outputs.RetriesQueueUrl]
  return {
    ...requestsOn(ports, secrets, clusters, ownRulesOf(outputs)),
    ...stackClusters(clients, outputs, ports.tokens),
    admission: new ClusterAdmission({ hashes: ports.tokens, keys: ports.signingKeys, secrets }),
    secrets,
    overviewOf(cluster) {
      const overview = createStackOverview({ ...ports, clusters }, cluster)
      return {
        showOverview: () => answerOf(overview.showOverview()),
        listObjects: (name, parameters) => answerOf(overview.listObjects(name, parameters)),
      }
    },
    tailOf,
    deliveryChanges: (parameters) =>
      ledgerChanges(tailOf(parameters.get('cluster') ?? ''), parameters, systemClock),
    countDeadLetters: () => onAws(countDeadLetters(clients.sqs, queueUrls)),
    moveDeadLetters: () => onAws(moveDeadLetters(clients.sqs, queueUrls)),
    close: () => destroy(clients),
  }
}

function requestsOn(
  ports: StorePorts,
  secrets: SecretsManagerWriter,
  clusters: ClusterPorts['clusters'],
  ownRules: ExplainRules | undefined,
): RelayRequests {
  const rulesOf = (asked: ExplainRules) => ({ ...asked, ...ownRules, mayLackRights: true })
  const host = { bounds: TRY_BOUNDS, ...ownRules }
  const config = {
    put: (request: ConfigRequest) => putConfig(ports, request, noPause, host),
    onStored: (cluster: string) => wake(ports, cluster),
  }
  const eventPorts = { ...ports, rules: createRulesReader(ports.configs, ports.configs) }
  let asking: Promise<string | undefined> | undefined
  const caller = () => {
    asking ??= askCaller()
    return asking
  }
  const fleet = stackFleet({
    ...{ ports, secrets, host },
    wake: (cluster) => wake(ports, cluster),
  })
  const onExpired = (cluster: string, id: string) => wakeHeld(ports, cluster, id)
  return {
    ...(ownRules && { ownRules }),
    putConfig: (cluster, body) => answerOf(storeConfig(config, { ...body, cluster })),
    showConfig: (cluster) => answerOf(showConfig(ports, cluster)),
    postEvents: (cluster, body) =>
      answerOf(receiveEvents(ports, { ...body, cluster, events: 'any', isSigned: false })),
    putSecret: (cluster, namespace, name, body) =>
      answerOf(putAndJudge(ports, secrets, { ...body, cluster, namespace, name }, host)),
    putFleetConfig: (body) => answerOf(fleet.putFleetConfig(body)),
    showFleetConfig: () => answerOf(fleet.showFleetConfig()),
    putFleetSecret: (name, body) => answerOf(fleet.putFleetSecret(name, body)),
    listEvents: (parameters, rules) => answerOf(listEvents(eventPorts, parameters, rulesOf(rules))),
    showEvent: (id, parameters, rules) =>
      answerOf(answerEvent(eventPorts, id, parameters, rulesOf(rules))),
    explainEvent: (body, rules) =>
      answerOf(explain({ ...ports, told: ports }, body, rulesOf(rules))),
    listClusters: () => answerOf(listClusters({ ...ports, clusters })),
    listDeliveries: (parameters) => answerOf(listDeliveries(ports, parameters)),
    showDelivery: (id) => answerOf(showDelivery(ports, id)),
    replayDelivery: async (id) => answerOf(replayDelivery(ports, id, await caller())),
    dismissDelivery: async (id, body) => answerOf(dismissDelivery(ports, id, body, await caller())),
    testProvider: async (namespace, name, body) => {
      const request = { ...body, namespace, name, by: await caller() }
      return answerOf(testProvider(ports, request, (record) => runQueuedTest(ports, record)))
    },
    listSilences: (cluster) => answerOf(listSilences(ports, cluster)),
    createSilence: async (cluster, body) =>
      answerOf(createSilence(ports, cluster, body, await caller())),
    expireSilence: async (cluster, id) =>
      answerOf(endSilence({ ports, onExpired }, cluster, id, await caller())),
  }
}

/** Undefined for a stack that does not tell, since it was deployed before its template did. */
function ownRulesOf({ CrossNamespaceRefs: allowed }: StackOutputs): ExplainRules | undefined {
  return allowed === undefined ? undefined : { noCrossNamespaceRefs: !allowed }
}

/** Who calls, for records. Undefined, after a warning, when STS does not tell. */
async function askCaller(): Promise<string | undefined> {
  const sts = createStsClient()
  try {
    return await callerArn(sts)
  } catch (error) {
    warnLine(
      `no record will tell who asked: STS does not say who calls (${awsError(error).message})`,
    )
    return undefined
  } finally {
    sts.destroy()
  }
}

/** The Secret is stored whatever comes of the rest, for which a person may lack the rights. */
async function putAndJudge(
  ports: StorePorts,
  secrets: SecretsManagerWriter,
  request: SecretRequest,
  host: HostRules,
): Promise<Answer> {
  const answer = await putSecret(secrets, request)
  if (answer.status !== 200) return answer
  await judgeAgain(ports, request.cluster, noPause, host).catch((error: unknown) =>
    warnLine(
      `the Secret is stored; what it makes ready shows with the next apply (${awsError(error).message})`,
    ),
  )
  await wake(ports, request.cluster)
  return answer
}

/** What waited goes out. It is stored whatever comes of this, for which a person may lack the rights. */
async function wake(ports: StorePorts, cluster: string): Promise<void> {
  await wakeWaiting(ports, cluster).catch((error: unknown) =>
    warnLine(
      `stored; deliveries that wait for it go by their schedule (${awsError(error).message})`,
    ),
  )
}

/** What a silence held back is looked at. It has ended whatever comes of this. */
async function wakeHeld(ports: StorePorts, cluster: string, silence: string): Promise<void> {
  await wakeSilenced(ports, cluster, silence, SILENCE_SEEN_MS).catch((error: unknown) =>
    warnLine(
      `expired, but what it holds back could not be woken: run this again, or it goes later (${awsError(error).message})`,
    ),
  )
}

function environmentOf(outputs: StackOutputs) {
  return readEnvironment({
    CONFIG_TABLE: outputs.ConfigTable,
    STATE_TABLE: outputs.StateTable,
    LEDGER_TABLE: outputs.LedgerTable,
    EVENTS_QUEUE_URL: outputs.EventsQueueUrl,
    RETRIES_QUEUE_URL: outputs.RetriesQueueUrl,
    SECRET_PREFIX: outputs.SecretPrefix,
  })
}

/** A function would log what failed behind a 503; here the person needs it. */
async function answerOf(answer: Promise<Answer>): Promise<Answer> {
  const given = await onAws(answer)
  if (given.cause !== undefined) throw awsError(given.cause)
  return given
}

function destroy(clients: AwsClients): void {
  for (const client of Object.values(clients)) client.destroy()
}
