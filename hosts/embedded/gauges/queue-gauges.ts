import { Gauge, type Registry } from 'prom-client'
import type { Clock } from '../../../relay/ports/clock.ts'
import type { MessageCounts } from '../../../relay/ports/quarantine.ts'

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
export function quarantineGauges(registry: Registry, depth: () => Promise<QuarantineDepth>): void {
  const messages: Gauge = new Gauge({
    name: 'flux_relay_quarantine_messages',
    help: 'Messages that are set aside now.',
    labelNames: ['kind'],
    registers: [registry],
    collect: async () => {
      const { event, retry } = (await depth()).messages
      messages.set({ kind: 'event' }, event)
      messages.set({ kind: 'retry' }, retry)
    },
  })
  const bytes: Gauge = new Gauge({
    name: 'flux_relay_quarantine_bytes',
    help: 'Bytes of the messages that are set aside now.',
    registers: [registry],
    collect: async () => bytes.set((await depth()).bytes),
  })
}

/** Registers how much waits, and for how long. */
export function queueGauges(
  registry: Registry,
  queueDepth: () => Promise<QueueDepth>,
  clock: Pick<Clock, 'now'>,
): void {
  const gauge = (name: string, help: string, read: (depth: QueueDepth) => QueueValues) => {
    const created: Gauge = new Gauge({
      name,
      help,
      labelNames: ['queue'],
      registers: [registry],
      collect: async () => {
        const { events, retries } = read(await queueDepth())
        created.set({ queue: 'events' }, events)
        created.set({ queue: 'retries' }, retries)
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
