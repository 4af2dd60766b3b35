import { paginateScan } from '@aws-sdk/client-dynamodb'
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs'
import type { SQSRecord } from 'aws-lambda'
import { createDeadLetterQueues } from '../../adapters/aws/dead-letter-queues.ts'
import { DueIndex } from '../../adapters/aws/due-index.ts'
import { jointReads } from '../../adapters/aws/joint-reads.ts'
import { recordOf } from '../../adapters/aws/ledger-item.ts'
import { createMessageVisibility } from '../../adapters/aws/message-visibility.ts'
import { SqsQueue } from '../../adapters/aws/sqs.ts'
import { createNatsPublisher } from '../../adapters/nats/publisher.ts'
import { createMailer } from '../../adapters/smtp/mailer.ts'
import { createDispatch } from '../../functions/dispatch/dispatch.ts'
import { createIngest } from '../../functions/ingest/ingest.ts'
import { createClusterAccess } from '../../functions/shared/cluster-access.ts'
import { createStorePorts } from '../../functions/shared/ports.ts'
import { TRY_LIMITS } from '../../functions/shared/try-bounds.ts'
import { storedValue } from '../../relay/model/stored/codec.ts'
import { deliveryRecordCodec } from '../../relay/model/stored/delivery-record.ts'
import { createDispatcher } from '../../relay/pipeline/dispatch.ts'
import { NO_CLOUD_IDENTITIES } from '../../relay/ports/no-cloud-identities.ts'
import type { Observer } from '../../relay/ports/observer.ts'
import { changeBatches, type EntryFault, withoutSdkWaits } from './aws-faults.ts'
import type { AwsRelay } from './aws-relay.ts'
import { type ShownRecord, shown } from './delivery-records.ts'
import { contextWith, RECEIVE_WAIT_S, sqsRecord } from './event-source-mapping.ts'
import { alertOf, hooksAndStatuses, providerOf, type Route, statusLine } from './faulty-routes.ts'
import { httpApiEvent } from './http-api-event.ts'
import {
  type RecordedRequest,
  type RecordingSink,
  type SinkAnswer,
  startSink,
} from './recording-sink.ts'
import { kustomizationEvent } from './relay-manifests.ts'

const TOKEN = 'a-token'
const BEARER = { authorization: `Bearer ${TOKEN}` }
/** Gives a cluster its tokens, Secrets, Providers and Alerts. */
export async function configure(
  relay: AwsRelay,
  cluster: string,
  routes: readonly Route[],
): Promise<void> {
  withoutSdkWaits()
  await relay.setTokens(cluster, [TOKEN])
  for (const { name, secret } of routes) await relay.setSecret(cluster, name, secret)
  const body = JSON.stringify({
    takenAt: new Date().toISOString(),
    providers: routes.map(providerOf),
    alerts: routes.map(alertOf),
  })
  const request = { method: 'PUT', resource: 'config', cluster, headers: BEARER, body } as const
  const { statusCode, body: answer } = await relay.reconcileConfig(httpApiEvent(request))
  if (statusCode !== 200) throw new Error(`PUT config: ${statusCode} ${answer}`)
}

/** What Lambda keeps between invocations: caches and all that the process remembers. */
export type Container = ReturnType<typeof startContainer>

/** The functions in a container of their own, with the relay's stores. */
export function startContainer(relay: AwsRelay, observer: Observer = relay.ports.observer) {
  const { environment, clients, log } = relay
  const { clock, http } = relay.ports
  const { eventsQueueUrl, retriesQueueUrl, ledgerTable } = environment
  const backoffMs = 1
  const reads = jointReads({ client: clients.dynamoDb, clock, backoffMs })
  const ports = {
    ...createStorePorts(environment, clients, clock, { reads }),
    queue: new SqsQueue({ client: clients.sqs, eventsQueueUrl, retriesQueueUrl, clock, backoffMs }),
    http,
    nats: createNatsPublisher({ allowPrivate: true }),
    mail: createMailer({ allowPrivate: true }),
    identities: NO_CLOUD_IDENTITIES,
    observer,
  }
  const access = createClusterAccess(ports.tokens, clock)
  const reports = { log, onFailed: () => undefined }
  const dispatcher = createDispatcher(ports, { ...environment, ...TRY_LIMITS })
  return {
    ingest: createIngest({ ports, access, ...reports, onRefused: () => undefined }),
    dispatch: createDispatch({
      environment,
      ports,
      dispatcher,
      ...reports,
      deadLetters: createDeadLetterQueues(clients.sqs),
      visibility: createMessageVisibility(clients.sqs),
      dueIndex: new DueIndex({ client: clients.dynamoDb, tableName: ledgerTable }),
      onSetAside: () => undefined,
    }),
  }
}

/** Posts a batch as a cluster does; resolves with the status of the answer. */
export async function post(
  { ingest }: Container,
  events: readonly object[],
  cluster = 'local',
): Promise<number | undefined> {
  const body = JSON.stringify(events)
  const request = { method: 'POST', resource: 'events', cluster, headers: BEARER, body } as const
  return (await ingest(httpApiEvent(request))).statusCode
}

/** Hands messages to a container; resolves with the ids of those that must come again. */
export async function dispatch(
  container: Container,
  records: readonly SQSRecord[],
  context = contextWith(),
): Promise<readonly string[]> {
  const { batchItemFailures } = await container.dispatch({ Records: [...records] }, context)
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
}

/** Both queues of a relay, from the side of Lambda's poller. */
export type Poller = ReturnType<typeof createPoller>

/** SQS hands out at once what is due later; `fail` lets it fail entries of batches. */
export function createPoller(
  { clients: { sqs }, environment: { eventsQueueUrl, retriesQueueUrl } }: AwsRelay,
  fail?: (body: string) => EntryFault | undefined,
) {
  changeBatches(sqs, fail)
  const receive = (queueUrl: string) => async (): Promise<readonly SQSRecord[]> => {
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: RECEIVE_WAIT_S,
        VisibilityTimeout: 360,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    )
    return messages.map((message) => sqsRecord(message, queueUrl))
  }
  const isEvent = ({ attributes }: SQSRecord) => attributes.SequenceNumber !== undefined
  const addressOf = (record: SQSRecord) => ({
    QueueUrl: isEvent(record) ? eventsQueueUrl : retriesQueueUrl,
    ReceiptHandle: record.receiptHandle,
  })
  return {
    receiveEvents: receive(eventsQueueUrl),
    receiveRetries: receive(retriesQueueUrl),
    isEvent,
    acknowledge: (record: SQSRecord) => sqs.send(new DeleteMessageCommand(addressOf(record))),
    /** It is visible again at once. */
    putBack: (record: SQSRecord) =>
      sqs.send(new ChangeMessageVisibilityCommand({ ...addressOf(record), VisibilityTimeout: 0 })),
  }
}

/** Takes one batch off a queue into a container; resolves with its messages and what stays. */
export async function pump(
  poller: Poller,
  container: Container,
  queue: 'events' | 'retries',
  context = contextWith(),
) {
  const records = queue === 'events' ? await poller.receiveEvents() : await poller.receiveRetries()
  const failed = records.length === 0 ? [] : await dispatch(container, records, context)
  for (const record of records) {
    await (failed.includes(record.messageId) ? poller.putBack(record) : poller.acknowledge(record))
  }
  return { records, failed }
}

/** All records of the ledger, as stored. */
export async function readLedger({ clients, environment }: AwsRelay) {
  const records: ShownRecord[] = []
  const scan = { TableName: environment.ledgerTable, ConsistentRead: true }
  for await (const { Items: items = [] } of paginateScan({ client: clients.dynamoDb }, scan)) {
    records.push(
      ...items.map((item) => shown(storedValue(deliveryRecordCodec, recordOf(item), 'a record'))),
    )
  }
  return records
}

/** `Alert: outcome` of each record, sorted. */
export async function outcomes(relay: AwsRelay): Promise<readonly string[]> {
  const records = await readLedger(relay)
  return records
    .map(({ alert, outcome }) => `${alert?.name ?? '(no alert)'}: ${outcome}`)
    .toSorted()
}

/** A relay with a webhook and a forge behind it, and one container. */
export type FaultyRelay = Awaited<ReturnType<typeof openFaultyRelay>>

/** A commit, whose statuses the sink of `openFaultyRelay` takes. */
export const COMMIT = '3f2c9a1d'.repeat(5)

/** `answer` is asked for every request; without it all are taken. */
export async function openFaultyRelay(
  open: () => Promise<AwsRelay>,
  answer: (request: RecordedRequest) => SinkAnswer | Promise<SinkAnswer> = () => TAKEN,
  fail?: (body: string) => EntryFault | undefined,
) {
  const relay = await open()
  const sink = await startSink({ 'POST /hooks': answer, [statusLine(COMMIT)]: answer })
  await configure(relay, 'local', hooksAndStatuses(sink.url))
  const poller = createPoller(relay, fail)
  return { relay, sink, poller, container: startContainer(relay) }
}

export const TAKEN: SinkAnswer = { status: 200 }
export const UNABLE: SinkAnswer = { status: 503 }

/** What both sinks got, as `hooks: MESSAGE` and `statuses: STATE: DESCRIPTION`. */
export function received({ requests }: RecordingSink): readonly string[] {
  return requests.map(shownBy)
}

/** What a request shows: its message, or the status it sets. */
export function shownBy({ line, body }: RecordedRequest): string {
  const shown = JSON.parse(body) as Readonly<Record<string, string>>
  return line === 'POST /hooks'
    ? `hooks: ${shown.message}`
    : `statuses: ${shown.state}: ${shown.description}`
}

/** An event whose message and status both tell it from others. */
export function stepEvent(object: string, step: number) {
  const event = kustomizationEvent(object, COMMIT, `${object} step ${step}`)
  // So old that it says nothing about the order, which then is that of accepting, on any machine.
  const timestamp = new Date(Date.now() - 3_600_000 + step).toISOString()
  // So that it counts for the commit whatever its reason, which tells one status from the other.
  const metadata = { ...event.metadata, 'event.toolkit.fluxcd.io/commit': COMMIT }
  return { ...event, timestamp, metadata, reason: `${object}Step${step}Succeeded` }
}

/** The longest that a chain of tries lasts, and more. */
const MAX_ROUNDS = 60

/**
 * Empties both queues, and lets time pass whenever all that is left is due later. Rejects when a
 * delivery waits for a retry that is in no queue, and when it does not end.
 */
export async function drain(
  { relay, poller }: Pick<FaultyRelay, 'relay' | 'poller'>,
  container: Container,
): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const decided = relay.decisions.length
    const events = await pump(poller, container, 'events')
    const retries = await pump(poller, container, 'retries')
    if (events.records.length + retries.records.length === 0) {
      const waiting = (await readLedger(relay)).filter(({ outcome }) => outcome === 'retry')
      if (waiting.length === 0) return
      throw new Error(`in no queue: ${waiting.map(({ id, reason }) => `${id} ${reason}`)}`)
    }
    if (relay.decisions.length === decided) relay.time.offsetMs += DRAIN_STEP_MS
  }
  throw new Error(`not drained after ${MAX_ROUNDS} rounds`)
}

const DRAIN_STEP_MS = 60_000

/**
 * Takes all events off the queue for good, in order, for a test that makes batches of its own: of
 * a group that has several the emulator hands out one at a time.
 */
export async function collectEvents(poller: Poller): Promise<readonly SQSRecord[]> {
  const collected: SQSRecord[] = []
  for (;;) {
    const records = await poller.receiveEvents()
    if (records.length === 0) return collected
    collected.push(...records)
    for (const record of records) await poller.acknowledge(record)
  }
}
