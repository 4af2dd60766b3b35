import { createDeadLetterQueues } from '../../adapters/aws/dead-letter-queues.ts'
import type { DueIndex } from '../../adapters/aws/due-index.ts'
import { createMessageVisibility } from '../../adapters/aws/message-visibility.ts'
import { SqsQueue } from '../../adapters/aws/sqs.ts'
import { AFTER_TRY_MS } from '../../functions/dispatch/deadline.ts'
import { createDispatch } from '../../functions/dispatch/dispatch.ts'
import { createSweep } from '../../functions/dispatch/sweep.ts'
import { createCallTime } from '../../functions/shared/call-time.ts'
import { TRY_LIMITS } from '../../functions/shared/try-bounds.ts'
import type { AcceptedEvent, RetryMessage } from '../../relay/model/queue-messages.ts'
import { createDispatcher } from '../../relay/pipeline/dispatch.ts'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import type { HttpClient } from '../../relay/ports/http.ts'
import type { Ledger } from '../../relay/ports/ledger.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import type { Queue } from '../../relay/ports/queue.ts'
import { contextWith, type SqsHandler } from './event-source-mapping.ts'
import type { ManualClock } from './manual-clock.ts'
import { memoryPorts } from './memory-ports.ts'
import { alertObject, providerObject } from './notification-objects.ts'
import { urlOf, virtualClient } from './virtual-sqs/client.ts'
import { type LambdaOptions, VirtualLambda } from './virtual-sqs/lambda.ts'
import { VirtualQueue } from './virtual-sqs/queue.ts'

const MAX_RECEIVE_COUNT = 50

/** What a test wants otherwise than usual. */
export interface VirtualRelayOptions extends Partial<Pick<LambdaOptions, 'recursiveLoop'>> {
  /** The clock of all parts. */
  readonly clock: ManualClock
  /** In the place of one in memory. */
  readonly ledger?: Ledger
  /** The index of that ledger, which holds retries that are due in more than 15 minutes. */
  readonly index?: Pick<DueIndex, 'page' | 'remove'>
  readonly send: HttpClient['send']
  /** Of the Provider's spec. */
  readonly provider?: Readonly<Record<string, unknown>>
}

/** Dispatch on queues that the test's own clock moves; its cluster `local` tells all of it to one hook. */
export async function virtualRelay(options: VirtualRelayOptions) {
  const { clock, send, index = NO_INDEX, recursiveLoop = 'Allow' } = options
  const eventsDead = new VirtualQueue('events-dead.fifo', clock, { isFifo: true })
  const retriesDead = new VirtualQueue('retries-dead', clock)
  const dead = (queue: VirtualQueue) => ({ queue, maxReceiveCount: MAX_RECEIVE_COUNT })
  const events = new VirtualQueue('events.fifo', clock, {
    isFifo: true,
    deadLetters: dead(eventsDead),
  })
  const retries = new VirtualQueue('retries', clock, { deadLetters: dead(retriesDead) })
  const client = virtualClient([events, retries, eventsDead, retriesDead])
  const environment = { eventsQueueUrl: urlOf(events), retriesQueueUrl: urlOf(retries) }
  const memory = memoryPorts(clock)
  const queue = new SqsQueue({ client, ...environment, clock })
  const ports: Ports & { readonly queue: Queue } = {
    ...memory,
    queue: options.index ? queue : withoutIndex(queue),
    ledger: options.ledger ?? memory.ledger,
    http: { send },
  }
  const set = [providerObject('slack', options.provider), alertObject('all')]
  await memory.configs.replace(await reconcile('local', set, clock.now(), memory.secrets))
  const lines: { readonly message: string; readonly fields: object }[] = []
  const write = (message: string, fields: object) => void lines.push({ message, fields })
  let visibility = createMessageVisibility(client)
  let failed = 0
  const callTime = createCallTime(AFTER_TRY_MS)
  const start = () => createDispatcher(ports, { ...TRY_LIMITS, ...callTime, ...NO_REPEATS })
  let dispatcher = start()
  const dispatch = createDispatch({
    environment,
    ports,
    dispatcher: {
      dispatchEvent: (event) => dispatcher.dispatchEvent(event),
      dispatchRetry: (message) => dispatcher.dispatchRetry(message),
    },
    log: { info: write, warn: write, error: write },
    deadLetters: createDeadLetterQueues(client),
    visibility: { comeBackAfter: (...args) => visibility.comeBackAfter(...args) },
    dueIndex: index,
    onSetAside: () => undefined,
    onFailed: () => {
      failed += 1
    },
  })
  let overdue = 0
  const sweep = createSweep({
    ports,
    index,
    log: { info: write, warn: write, error: write },
    onOverdue: (count) => {
      overdue += count
    },
  })
  const handler: SqsHandler = (event, context) => {
    callTime.begin(context)
    return dispatch(event, context)
  }
  const lambda = new VirtualLambda(handler, { recursiveLoop, clock })
  return {
    clock,
    ports,
    lambda,
    lines,
    queues: { events, retries, eventsDead, retriesDead },
    send: (...accepted: readonly AcceptedEvent[]) => ports.queue.send(accepted),
    sweep: () => sweep(contextWith()),
    /** How many messages failed. */
    failed: () => failed,
    /** Lets the next call find a function that has just started, with nothing in its memory. */
    restart() {
      dispatcher = start()
    },
    /** From now on SQS does not take it when a message is to come back. */
    visibilityFails() {
      visibility = { comeBackAfter: () => Promise.reject(new Error('throttled')) }
    },
    /** How many deliveries were found long past due. */
    overdue: () => overdue,
    /** Calls the function until the queues have nothing that is due now. */
    async drain() {
      while ((await lambda.poll(events)) || (await lambda.poll(retries)));
    },
    /** When the next message of either queue can be received. */
    nextVisibleAt(): number | undefined {
      const times = [events.nextVisibleAt(), retries.nextVisibleAt()]
      const known = times.filter((at) => at !== undefined)
      return known.length === 0 ? undefined : Math.min(...known)
    },
  }
}

const NO_INDEX: Pick<DueIndex, 'page' | 'remove'> = {
  page: async () => [],
  remove: async () => undefined,
}

/** As it was before there was an index: a retry that is due late hops from message to message. */
function withoutIndex(queue: Queue): Queue {
  const hopping = (messages: readonly RetryMessage[]) =>
    messages.map(({ decidedAt, ...message }) => message)
  return {
    send: (events) => queue.send(events),
    sendRetries: (messages) => queue.sendRetries(hopping(messages)),
    resendRetries: (messages) => queue.resendRetries(hopping(messages)),
  }
}

const NO_REPEATS = { noCrossNamespaceRefs: false, rateLimitIntervalMs: 0 }
