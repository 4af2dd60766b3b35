import { randomUUID } from 'node:crypto'
import type { ListedRecord } from '../../relay/model/delivery.ts'
import type {
  DeliveryChange,
  DeliveryFeed,
  FeedAudience,
  FeedEnd,
  FeedReader,
} from '../../relay/ports/delivery-feed.ts'

/** The feed as the host runs it. */
export interface RunningDeliveryFeed extends DeliveryFeed {
  /**
   * The position of the latest change, for a reader that is going to come. What changes from now on is remembered for
   * it, as for one that went.
   */
  position(): string
  /** Tells the readers of a record that was stored. `isNew`: there was none of its id before. Never throws. */
  changed(record: ListedRecord, isNew?: boolean): void
  /** Ends the subscriptions of all readers. Others may subscribe after that, unless the relay stops. */
  endAll(reason: FeedEnd): void
}

export interface DeliveryFeedOptions {
  /** The most readers at once. */
  readonly maxReaders?: number
  /** How many changes are remembered for readers that come back. */
  readonly remembered?: number
  /** How long changes are still remembered after the last reader has gone. Milliseconds. */
  readonly lingerMs?: number
  /** Told of what an audience threw. */
  readonly onFailure?: (error: unknown) => void
}

/**
 * Makes the feed of one process. Without a reader it does nothing and remembers nothing, except for a while
 * after the last reader has gone, in which that one may come back.
 */
export function createDeliveryFeed({
  maxReaders = 32,
  remembered = 1_000,
  lingerMs = 60_000,
  onFailure = () => undefined,
}: DeliveryFeedOptions = {}): RunningDeliveryFeed {
  const readers = new Set<FeedReader>()
  /** Those of the readers, each once. */
  let audiences: readonly FeedAudience[] = []
  const memory = createMemory(remembered)
  let lingering: NodeJS.Timeout | undefined
  let isOn = false
  let isStopping = false

  const gather = () => {
    audiences = [...new Set([...readers].map(({ audience }) => audience))]
  }
  const remove = (reader: FeedReader) => {
    if (!readers.delete(reader)) return
    gather()
    linger()
  }
  const linger = () => {
    if (readers.size > 0) return
    clearTimeout(lingering)
    lingering = setTimeout(() => {
      isOn = false
      memory.forget()
    }, lingerMs).unref()
  }
  const failed = (audience: FeedAudience, error: unknown) => {
    onFailure(error)
    end('failed', (reader) => reader.audience === audience)
  }
  const end = (reason: FeedEnd, isMeant: (reader: FeedReader) => boolean) => {
    for (const reader of [...readers].filter(isMeant)) {
      // The end of one may have ended others.
      if (!readers.has(reader)) continue
      remove(reader)
      reader.ended(reason)
    }
  }
  const tell = (audience: FeedAudience, change: DeliveryChange) => {
    try {
      tellAudience(audience, change)
    } catch (error) {
      failed(audience, error)
    }
  }
  return {
    subscribe(reader) {
      if (isStopping || readers.size >= maxReaders) return undefined
      clearTimeout(lingering)
      isOn = true
      readers.add(reader)
      gather()
      return { position: memory.position, end: () => remove(reader) }
    },
    position() {
      isOn = true
      linger()
      return memory.position()
    },
    failed,
    changedSince: memory.changedSince,
    changed(record, isNew = false) {
      if (!isOn) return
      memory.add(record.id)
      if (audiences.length === 0) return
      const change = { position: memory.position(), record, isNew }
      for (const audience of audiences) tell(audience, change)
    },
    endAll(reason) {
      isStopping ||= reason === 'stopping'
      end(reason, () => true)
    },
  }
}

/** Tells an audience of a change. Throws what the audience throws. */
export function tellAudience(audience: FeedAudience, change: DeliveryChange): void {
  if (audience.wants(change.record)) audience.changed(change)
  else if (!change.isNew) audience.unwanted?.(change)
}

/** The ids of the records that changed lately, in the order of the changes. */
function createMemory(most: number) {
  // Positions of another process are none of this one.
  const process = randomUUID().slice(0, 8)
  let ids: string[] = []
  /** The number of the latest change. */
  let latest = 0
  return {
    position: () => `${process}-${latest}`,
    add(id: string): void {
      latest += 1
      ids.push(id)
      // Cut in halves, so that each change costs the same on average.
      if (ids.length >= 2 * most) ids = ids.slice(most)
    },
    /** Changes may come that are not added: no position of before is known any more. */
    forget(): void {
      ids = []
      latest += 1
    },
    changedSince(position: string): readonly string[] | undefined {
      const [, named, digits] = /^([0-9a-f]{8})-(\d{1,15})$/.exec(position) ?? []
      const count = latest - Number(digits)
      if (named !== process || count < 0 || count > Math.min(ids.length, most)) return undefined
      return count === 0 ? [] : [...new Set(ids.slice(-count))]
    },
  }
}
