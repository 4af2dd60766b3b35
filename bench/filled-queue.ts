import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { openStores } from '../hosts/embedded/stores.ts'
import { createLog } from '../hosts/kit/log.ts'
import { systemClock } from '../hosts/kit/system-clock.ts'
import { accept } from '../relay/pipeline/accept.ts'
import { createOrderTimes } from '../relay/pipeline/order.ts'
import { markedEvent, now } from './marked-event.ts'
import type { Bench } from './processes.ts'

const BATCH = 1_000

/** Events of one kind, each marked as one of the stream. */
export interface QueuedLoad {
  readonly stream: string
  readonly events: number
  readonly kind: string
  /** How many objects they are about, in turns. */
  readonly objects: number
}

/** Puts events into the queue of a relay that does not run, as it would; gives its data folder. */
export async function fillQueue({ directory }: Bench, load: QueuedLoad): Promise<string> {
  const { stream, events, kind, objects } = load
  const data = mkdtempSync(join(directory, 'queue-'))
  const clock = systemClock
  const failing = (error: unknown) => {
    throw error
  }
  const stores = await openStores(data, clock, {
    onSweepFailure: failing,
    onRemovalFailure: failing,
    onLost: failing,
    onGone: ({ error }) => failing(error),
    log: await createLog({ pretty: false, level: 'silent' }),
  })
  const sender = { cluster: 'local', isNotificationController: false }
  const orderTimes = createOrderTimes(await stores.queue.latestOrderTime())
  try {
    for (let from = 0; from < events; from += BATCH) {
      const items = Array.from({ length: Math.min(BATCH, events - from) }, (_, place) => {
        const mark = { stream, index: from + place, postedAt: now() }
        return { value: markedEvent(mark, { kind, objects }) }
      })
      await stores.queue.send(accept(items, sender, clock.now(), orderTimes).events)
    }
    return data
  } finally {
    await stores.close()
  }
}
