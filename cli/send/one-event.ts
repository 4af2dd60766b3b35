import type { RequestBody } from '../../relay/api/body.ts'
import { EXAMPLE_EVENT } from '../examples.ts'
import { readOneEvent } from '../explain/event-file.ts'

/** One event that is to be sent, and the id that the relay gives it. */
export interface OneEvent {
  readonly body: RequestBody
  /** Undefined for one that no relay takes, which then says why. */
  readonly id: string | undefined
}

/**
 * Reads the one event of a file. One without a time gets that of now here, since an event's time is part of
 * its id. Rejects with `UsageError`.
 */
export async function oneEvent(file: string, cluster: string): Promise<OneEvent> {
  return identified(await readOneEvent(file), cluster)
}

/** The event of the quick start, as if it happened now. */
export async function exampleEvent(cluster: string): Promise<OneEvent> {
  const { event } = await readOneEvent(EXAMPLE_EVENT)
  return identified({ event: { ...event, timestamp: undefined } }, cluster)
}

async function identified(
  { event, ...rest }: Awaited<ReturnType<typeof readOneEvent>>,
  cluster: string,
): Promise<OneEvent> {
  // Loaded here, so that other uses of the command start without it.
  const { accept } = await import('../../relay/pipeline/accept.ts')
  const now = Date.now()
  const timed = { ...event, timestamp: event.timestamp ?? new Date(now).toISOString() }
  const item = { event: timed, ...rest }
  const sender = { cluster, isNotificationController: false }
  const { events } = accept([{ value: item }], sender, now, { next: () => now })
  const body = { body: Buffer.from(JSON.stringify(item)), contentType: 'application/json' }
  return { body, id: events[0]?.id }
}
