import type { Clock } from '../../../relay/ports/clock.ts'
import type { MessageCounts } from '../../../relay/ports/quarantine.ts'
import type { ReadGauges } from '../../kit/read-gauges.ts'

/** How much waits in the queue. Times are milliseconds since the epoch. */
export interface QueueDepth {
  readonly events: number
  readonly retries: number
  /** When the event that waits longest was accepted. */
  readonly oldestEventAt?: number
  /** When the first retry is due, or was. */
  readonly oldestRetryDueAt?: number
}

/** How much is set aside. */
export interface QuarantineDepth {
  readonly messages: MessageCounts
  readonly bytes: number
}

/** Registers how much is set aside. */
export function quarantineGauges(gauges: ReadGauges, depth: () => Promise<QuarantineDepth>): void {
  gauges.add({
    name: 'flux_relay_quarantine_messages',
    help: 'Messages that are set aside now.',
    labelNames: ['kind'],
    async read() {
      const { event, retry } = (await depth()).messages
      return [
        { labels: { kind: 'event' }, value: event },
        { labels: { kind: 'retry' }, value: retry },
      ]
    },
  })
  gauges.add({
    name: 'flux_relay_quarantine_bytes',
    help: 'Bytes of the messages that are set aside now.',
    read: async () => [{ value: (await depth()).bytes }],
  })
}

/** Registers how much waits, and for how long. */
export function queueGauges(
  gauges: ReadGauges,
  queueDepth: () => Promise<QueueDepth>,
  clock: Pick<Clock, 'now'>,
): void {
  const gauge = (name: string, help: string, read: (depth: QueueDepth) => QueueValues) => {
    gauges.add({
      name,
      help,
      labelNames: ['queue'],
      async read() {
        const { events, retries } = read(await queueDepth())
        return [
          { labels: { queue: 'events' }, value: events },
          { labels: { queue: 'retries' }, value: retries },
        ]
      },
    })
  }
  const ageSeconds = (since?: number) =>
    since === undefined ? 0 : Math.max(0, clock.now() - since) / 1_000
  gauge('flux_relay_queue_depth', 'Messages that wait.', (depth) => depth)
  gauge(
    'flux_relay_queue_oldest_age_seconds',
    'How long the first event waits, and the first retry after it was due.',
    ({ oldestEventAt, oldestRetryDueAt }) => ({
      events: ageSeconds(oldestEventAt),
      retries: ageSeconds(oldestRetryDueAt),
    }),
  )
}

interface QueueValues {
  readonly events: number
  readonly retries: number
}
