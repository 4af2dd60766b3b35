import { expect, it, onTestFinished } from 'vitest'
import { createDeadLetterQueues } from '../../adapters/aws/dead-letter-queues.ts'
import { createMessageVisibility } from '../../adapters/aws/message-visibility.ts'
import { SqsQueue } from '../../adapters/aws/sqs.ts'
import { createDispatch } from '../../functions/dispatch/dispatch.ts'
import type { QueuedEvent } from '../../relay/model/queue-messages.ts'
import { acceptedEvent, event } from '../support/delivery-records.ts'
import type { SqsHandler } from '../support/event-source-mapping.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { urlOf, virtualClient } from '../support/virtual-sqs/client.ts'
import { VirtualLambda } from '../support/virtual-sqs/lambda.ts'
import { VirtualQueue } from '../support/virtual-sqs/queue.ts'

const HOUR_MS = 3_600_000
const POISON = 'poison'

/** Dispatch of a relay in which the event `poison` kills each call that begins it, before anything else is done. */
function openRelay() {
  const clock = new ManualClock()
  const dead = new VirtualQueue('events-dead.fifo', clock, { isFifo: true })
  const deadLetters = { queue: dead, maxReceiveCount: 50 }
  const events = new VirtualQueue('events.fifo', clock, { isFifo: true, deadLetters })
  const retries = new VirtualQueue('retries', clock, { deadLetters })
  const client = virtualClient([events, retries, dead])
  const environment = { eventsQueueUrl: urlOf(events), retriesQueueUrl: urlOf(retries) }
  const queue = new SqsQueue({ client, ...environment, clock })
  const done: string[] = []
  const lines: { readonly message: string; readonly fields: object }[] = []
  const write = (message: string, fields: object) => void lines.push({ message, fields })
  let isKilled = false
  let kill: (reason: Error) => void = () => undefined
  const ends: (() => void)[] = []
  onTestFinished(() => {
    for (const end of ends) end()
  })
  const hang = () => new Promise<void>((resolve) => void ends.push(resolve))
  const dispatch = createDispatch({
    environment,
    ports: { clock, queue },
    dispatcher: {
      async dispatchEvent({ event: { involvedObject } }: QueuedEvent) {
        if (involvedObject.name === POISON) {
          isKilled = true
          kill(new Error('out of memory'))
        }
        await Promise.resolve()
        if (isKilled) return hang()
        done.push(involvedObject.name)
      },
      dispatchRetry: async () => undefined,
    },
    log: { info: write, warn: write, error: write },
    deadLetters: createDeadLetterQueues(client),
    visibility: createMessageVisibility(client),
    dueIndex: { remove: async () => undefined },
    onSetAside: () => undefined,
    onFailed: () => undefined,
  })
  const handler: SqsHandler = async (batch, context) => {
    isKilled = false
    const killed = new Promise<never>((_, reject) => {
      kill = reject
    })
    const nothingDone = batch.Records.map(({ messageId }) => ({ itemIdentifier: messageId }))
    return Promise.race([dispatch(batch, context), killed]).catch(() => ({
      batchItemFailures: nothingDone,
    }))
  }
  const lambda = new VirtualLambda(handler, { recursiveLoop: 'Allow', clock })
  return {
    ...{ clock, dead, done, lines },
    enqueue: (...names: readonly string[]) =>
      queue.send(
        names.map((name) => acceptedEvent({ event: event(name, '1'), acceptedAt: clock.now() })),
      ),
    async run(forMs: number) {
      const until = clock.now() + forMs
      for (;;) {
        while (await lambda.poll(events));
        const at = events.nextVisibleAt()
        if (at === undefined || at > until) return
        clock.set(Math.max(at, clock.now()))
      }
    },
  }
}

it('hold up the objects of one call for an hour at most, and that of the message which kills them for hours', async () => {
  const { enqueue, run, done, dead, lines } = openRelay()
  const others = Array.from({ length: 9 }, (_, n) => `app-${n}`)
  await enqueue(POISON, ...others)
  await run(HOUR_MS)
  expect(done.toSorted()).toEqual(others)
  const message = 'a call with these messages may have been killed: half are left to other calls'
  const handled = expect.arrayContaining([`Kustomization/flux-system/${POISON} of local`])
  expect(lines).toContainEqual({ message, fields: { handled, left: expect.anything() } })
  expect(new Set(lines.map((line) => line.message))).toEqual(new Set([message]))
  await run(6 * HOUR_MS)
  expect(dead.messages).toMatchObject([{ MessageBody: expect.stringContaining(POISON) }])
})
