import type { DeliveryRecord, EventRecord, Pending, Status, Waiting } from '../model/delivery.ts'
import { namespacedName } from '../model/kubernetes.ts'
import type { QueuedEvent, RetryMessage } from '../model/queue-messages.ts'
import type { Ports } from '../ports/ports.ts'
import type { Versioned } from '../ports/versioned.ts'
import { createAccessTokens } from '../providers/auth/access-tokens.ts'
import { attempt } from './attempt.ts'
import { ClaimsUnderWay } from './claim-time.ts'
import { type Conclusion, type EventConclusion, end, waitFor } from './conclusion.ts'
import { createDestinations, type Destinations } from './destinations/destinations.ts'
import { lastTold } from './episodes/last-told.ts'
import { EventTests } from './event-tests.ts'
import { createFanOut } from './fan-out.ts'
import { type FirstTriesContext, tryCandidates } from './first-tries.ts'
import { concludeTold } from './groups/attempt-group.ts'
import { createHostErrors, watchPorts } from './host-ports.ts'
import { createInTurn } from './in-turn.ts'
import { isRetryOvertaken } from './lateness.ts'
import { lookUp, uidsOf } from './look-up.ts'
import { type Candidate, type MatchOptions, match, matchAlert } from './match.ts'
import { isOvertaken } from './object-memory.ts'
import { tryProvider } from './provider-test.ts'
import { RECALLED_AT_ONCE, type RecallContext, recall } from './recall.ts'
import {
  beginNow,
  chainBegun,
  concludeDelivery,
  concludeEvent,
  judgedBy,
  newEventRecord,
  queuedAgain,
} from './record.ts'
import { createJudge } from './rejections.ts'
import { findPlace } from './repeat.ts'
import { NO_REPEATS, repeatReason } from './repeats-by-alert.ts'
import { createRoom } from './room.ts'
import type { RoutingTable } from './routing-table.ts'
import {
  createRoutingTables,
  objectsKeptIn,
  type RoutingTables,
  type TableInForce,
} from './routing-tables.ts'
import { createDeliveryReports } from './self/delivery-reports.ts'
import { requeue, settle, write } from './settle.ts'
import { createActiveSilences } from './silences/active-silences.ts'
import { noPause, type Pause } from './slices.ts'
import type { TryLimits } from './try-time.ts'
import { isStillWaiting, waitOn } from './wait-on.ts'

/** Processes the messages that the queue hands out. */
export interface Dispatcher {
  /**
   * De-duplicates, matches, and makes the first try of every delivery of an event. Once it
   * resolves, the ledger knows all that happened and the message can be acknowledged. It rejects
   * with `DispatchFailure`, which says whether the message must come again or be set aside.
   */
  dispatchEvent(queued: QueuedEvent): Promise<void>
  /** Makes the next try of a delivery, under the same promise. */
  dispatchRetry(message: RetryMessage): Promise<void>
}

/** Tests Providers. */
export interface ProviderTests {
  /**
   * Makes the one attempt of a test that the ledger does not have yet, and records it. Resolves with the
   * record. Tests of one Provider are made one after the other. Rejects when a store fails.
   */
  dispatchTest(record: DeliveryRecord<Pending>): Promise<DeliveryRecord>
}

export interface DispatchOptions extends MatchOptions, TryLimits {
  /** How long a repeat is suppressed, in milliseconds; 0 suppresses none. */
  readonly rateLimitIntervalMs: number
  /** Where people open this relay, without a slash at its end; absent: nobody knows. */
  readonly publicUrl?: string | undefined
  /**
   * How long the silences of a cluster count that were read, in milliseconds. Absent for a host whose State is
   * in its own memory: they are read each time.
   */
  readonly silencesKnownForMs?: number
  /** A pause between the parts of a configuration that is compiled, so that other work may run. */
  readonly pause?: Pause
  /** How much memory the process may take, in bytes; absent: nobody knows. */
  readonly memoryBytes?: number | undefined
}

/** `destinations` is given by a host that dispatches the deliveries which its destinations wake. */
export function createDispatcher(
  hostPorts: Ports,
  options: DispatchOptions,
  destinations: Destinations = createDestinations(hostPorts.clock),
): Dispatcher & ProviderTests {
  const host = createHostErrors()
  const ports = watchPorts(hostPorts, host)
  // A set that cannot be compiled stops all of its cluster's messages, and is the fault of none.
  const kept = objectsKeptIn(options.memoryBytes)
  const tables = host.watch(createRoutingTables(ports, options.pause, kept))
  const context: Context = {
    ports,
    host,
    options,
    pause: options.pause ?? noPause,
    limits: options,
    publicUrl: options.publicUrl,
    claims: new ClaimsUnderWay(ports.clock),
    silences: createActiveSilences(ports, options.silencesKnownForMs),
    tables,
    reports: createDeliveryReports(ports, tables),
    destinations,
    inTurn: createInTurn(),
    firstTries: createFanOut(),
    recalling: createRoom(RECALLED_AT_ONCE),
    tokens: createAccessTokens(ports.clock),
  }
  const judge = createJudge(ports, host)
  return {
    dispatchEvent: (queued) => judge.event(queued, () => dispatchEvent(context, queued)),
    dispatchRetry: (message) => judge.retry(message, () => dispatchRetry(context, message)),
    dispatchTest: (record) => dispatchTest(context, record),
  }
}

interface Context extends FirstTriesContext, Omit<RecallContext, 'ports' | 'destinations'> {
  readonly options: DispatchOptions
  readonly pause: Pause
  readonly tables: RoutingTables
}

async function dispatchEvent(context: Context, queued: QueuedEvent): Promise<void> {
  const looking = lookUp(context, queued)
  const lookedUp = looking instanceof Promise ? await looking : looking
  const { table, matches, recalled, object } = lookedUp
  // What was decided stands, though what it repeated may be forgotten since, or a rule changed.
  if (recalled.hasEvent) return

  const finding = findPlace(context, queued, object, {
    intervalMs: context.options.rateLimitIntervalMs,
    candidates: matches?.candidates ?? [],
    hasDeliveries: recalled.hasDeliveries,
    isObserved: table?.isObserved === true,
  })
  const { repeats, overtaken } = finding instanceof Promise ? await finding : finding
  // One that comes again, and had news for some Alert, keeps to the records of its Deliveries.
  if (repeats.areForAll && !recalled.hasDeliveries) {
    const conclusion = end('suppressed', repeatReason(repeats.events))
    return settleWithoutAlert(context, queued, conclusion, table)
  }
  if (!table || !matches) {
    const reason = `cluster ${queued.cluster} has no configuration yet`
    return settleWithoutAlert(context, queued, waitFor(reason), undefined)
  }
  const { candidates, whyNone } = matches
  const { revision, isObserved } = table
  const situation = { overtaken, isObserved }
  const tries = { queued, candidates, repeats, recalled, revision, ...situation }
  const hadAny = await tryCandidates(context, tries)
  if (!hadAny) await settleWithoutAlert(context, queued, end('skipped', whyNone()), table)
}

/** Records an event that reached no Alert. */
async function settleWithoutAlert(
  context: Context,
  queued: QueuedEvent,
  conclusion: EventConclusion,
  table: RoutingTable | undefined,
) {
  const { clock } = context.ports
  const record = newEventRecord(queued, clock.now(), table?.revision)
  await settle(context, concludeEvent(record, conclusion, clock))
}

async function dispatchRetry(context: Context, message: RetryMessage): Promise<void> {
  const { deliveryId } = message
  // A delivery may be woken while it is due.
  await context.inTurn(deliveryId, () =>
    retry(context, message).finally(() => context.destinations.done(deliveryId)),
  )
}

async function retry(context: Context, message: RetryMessage): Promise<void> {
  const [stored] = await context.ports.ledger.readMany([message.deliveryId])
  if (stored?.value.status.kind !== 'waiting') return
  const { value: record } = stored
  const { status } = stored.value
  if (message.attempt < record.attempt) return requeue(context, [record])
  if (message.attempt > record.attempt) {
    throw new Error(`retry ${message.attempt} of ${record.id} is ahead of the ledger`)
  }
  const { version } = stored
  if (record.kind === 'delivery' && record.test) {
    await dispatchTest(context, record, { value: record, version })
    return
  }
  const table = await context.tables.of(record.cluster)
  if (record.kind === 'event') await retryEvent(context, { value: record, version }, table)
  else await retryDelivery(context, { value: { ...record, status }, version }, table)
}

/** Makes the attempt of a test. Its record is final then, in the place of `stored` if that is given. */
async function dispatchTest(
  context: Context,
  record: DeliveryRecord<Status>,
  stored?: Versioned<DeliveryRecord>,
): Promise<DeliveryRecord> {
  const concluded = await context.inTurn(`test ${record.alert.uid}`, async () =>
    tryProvider(context, record, await context.tables.of(record.cluster)),
  )
  await write(context, concluded, stored)
  return concluded
}

async function retryDelivery(
  context: Context,
  stored: Versioned<DeliveryRecord<Waiting>>,
  table: TableInForce | undefined,
): Promise<void> {
  const { ports, options } = context
  const record = chainBegun(stored.value, ports.clock.now())
  if (record.status.destination !== undefined) {
    context.destinations.withdraw(record.status.destination, record.id)
  }
  const begin = beginNow(ports.clock)
  const alert = table?.alertsByUid.get(record.alert.uid)
  const tests = new EventTests(record)
  if (table && alert) {
    await tests.testAhead([alert], table, context.pause, lastTold(ports, record))
  }
  const candidate = table && alert && matchAlert(record, alert, table, options, tests)
  // One whose Alert takes it finds out by itself what its message told.
  const told = candidate?.kind === 'matched' ? undefined : await concludeTold(ports, record)
  const conclusion: Conclusion =
    told ??
    (table && candidate
      ? await attemptAgain(context, record, candidate, table.isObserved)
      : end('skipped', `Alert ${namespacedName(record.alert)} does not exist any more`))
  const judged = judgedBy(record, table)
  const concluded = concludeDelivery(judged, conclusion, begin, ports.clock)
  if (isStillWaiting(concluded, record)) await waitOn(context, record, concluded)
  else await settle(context, concluded, stored)
}

async function attemptAgain(
  context: Context,
  record: DeliveryRecord,
  candidate: Candidate,
  isObserved: boolean,
) {
  const overtaken = await isRetryOvertaken(context.ports, record, candidate)
  return attempt(record, candidate, context, { overtaken, isObserved })
}

/**
 * The most Alerts that the reason of an event's record names: the reason has to fit into a record.
 */
const MAX_NAMED_ALERTS = 20

/** Matches an event that found no configuration, or that is replayed, as if it had just come. */
async function retryEvent(
  context: Context,
  stored: Versioned<EventRecord>,
  table: TableInForce | undefined,
): Promise<void> {
  const { value: record } = stored
  const { clock } = context.ports
  if (!table) {
    const conclusion = waitFor(`cluster ${record.cluster} has no configuration`)
    return settle(context, concludeEvent(record, conclusion, clock), stored)
  }
  const tests = new EventTests(record)
  const matches = match(record, table, context.options, tests)
  await tests.testAhead(matches.alerts, table, context.pause, lastTold(context.ports, record))
  const { candidates, whyNone } = matches
  const queued = queuedAgain(record)
  const recalled = await recall(context, record.eventId, uidsOf(matches))
  const overtaken = await isOvertaken(context.ports, record)
  const { revision, isObserved } = table
  const repeats = NO_REPEATS
  const situation = { overtaken, isObserved }
  await tryCandidates(context, { queued, candidates, repeats, recalled, revision, ...situation })
  const names: string[] = []
  let more = 0
  for (const { alert } of matches.alerts) {
    if (names.length < MAX_NAMED_ALERTS) names.push(namespacedName(alert.metadata))
    else more += 1
  }
  const said =
    names.length === 0
      ? whyNone()
      : `matched later: see the deliveries of ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  const concluded = concludeEvent(judgedBy(record, table), end('skipped', said), clock)
  await settle(context, concluded, stored)
}
