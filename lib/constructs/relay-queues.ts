import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import {
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
  type QueueProps,
} from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { DeploymentSettings } from '../deployment-settings.ts'

/**
 * Receives after which SQS itself sets a message aside. It counts those too that a store failed: with the
 * waits of dispatch (ADR 0043) they are more than four hours of that. What a message itself is the fault of
 * dispatch counts (ADR 0027).
 */
const MAX_RECEIVE_COUNT = 50

/** Six times the function's 60 s, as Lambda asks for. */
const VISIBILITY = Duration.seconds(360)

const COMMON = {
  encryption: QueueEncryption.SQS_MANAGED,
  enforceSSL: true,
  // The longest that SQS keeps a message.
  retentionPeriod: Duration.days(14),
  // What waits in a queue was accepted: no change of the stack may lose it.
  removalPolicy: RemovalPolicy.RETAIN,
} as const satisfies QueueProps

/** De-duplicates, and scales, by message group: SQS's high throughput. */
const FIFO = {
  fifo: true,
  deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
  fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
} as const satisfies QueueProps

export interface RelayQueuesProps {
  /** The names of queues that an earlier deployment left; CloudFormation chooses the others. */
  readonly names: DeploymentSettings['names']
}

function named(queueName: string | undefined): QueueProps {
  return queueName === undefined ? {} : { queueName }
}

/** The events in order of each object, the retries with their delays, and what neither could do. */
export class RelayQueues extends Construct {
  readonly events: Queue
  readonly eventsDeadLetters: Queue
  readonly retries: Queue
  readonly retriesDeadLetters: Queue

  constructor(scope: Construct, id: string, { names }: RelayQueuesProps) {
    super(scope, id)
    this.eventsDeadLetters = new Queue(this, 'EventsDeadLetters', {
      ...COMMON,
      ...FIFO,
      ...named(names.eventsDeadLetters),
    })
    this.events = this.#workQueue('Events', this.eventsDeadLetters, {
      ...FIFO,
      ...named(names.eventsQueue),
    })
    this.retriesDeadLetters = new Queue(this, 'RetriesDeadLetters', {
      ...COMMON,
      ...named(names.retriesDeadLetters),
    })
    this.retries = this.#workQueue('Retries', this.retriesDeadLetters, named(names.retriesQueue))
  }

  #workQueue(id: string, deadLetters: Queue, props: QueueProps): Queue {
    return new Queue(this, id, {
      ...COMMON,
      ...props,
      visibilityTimeout: VISIBILITY,
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: MAX_RECEIVE_COUNT },
    })
  }
}
