import type { DeliveryChange } from '../../relay/ports/delivery-feed.ts'
import type { StreamFormat } from './server-sent-events.ts'
import { createTextBytes } from './text-bytes.ts'

/** Events that are written at once, as bytes that all readers of a tail share. */
export interface StreamPart {
  readonly bytes: Uint8Array
  /** How many new deliveries it tells of, where later ones push them out of what is shown; otherwise 0. */
  readonly news: number
}

/** A change that waits for the next write of a tail. */
export interface WaitingChange extends DeliveryChange {
  /** Present when the record does not fit the filters of the tail any more. */
  readonly hasLeft?: true
}

/** The changes that wait for the next write of a tail. */
export interface Backlog {
  add(change: WaitingChange): void
  /** Whether so much waits that it should not wait any longer. */
  isLarge(): boolean
  /** Whether more waits than is told, so that telling less often tells no less of what is shown. */
  isCrowded(): boolean
  isEmpty(): boolean
  /** Takes all that waits, in the order in which it is to be written. */
  take(): readonly StreamPart[]
}

/** How many changes become events in one go, which costs less than one by one between other work. */
const AT_ONCE = 16

/** UTF-8 bytes that are written without waiting for more. */
const LARGE_BYTES = 512 * 1024

/** A backlog in which no change is left out. */
export function wholeBacklog(format: StreamFormat): Backlog {
  const text = createTextBytes()
  let changes: WaitingChange[] = []
  const write = () => {
    const written = changes
    changes = []
    for (const change of written) text.add(eventOf(change, format, change.position))
  }
  return {
    add(change) {
      if (changes.push(change) >= AT_ONCE) write()
    },
    isLarge: () => text.length() >= LARGE_BYTES,
    isCrowded: () => false,
    isEmpty: () => changes.length === 0 && text.length() === 0,
    take() {
      write()
      return [{ bytes: text.take(), news: 0 }]
    },
  }
}

function eventOf(
  { record, hasLeft }: WaitingChange,
  format: StreamFormat,
  position: string | undefined,
): string {
  return hasLeft ? format.left(record, position) : format.delivery(record, position)
}

/** The most rows that a list shows, and so the most new ones that are told of at once. */
export const MOST_NEW_ROWS = 200

/** How many changes of earlier records wait at most. */
const MOST_CHANGED = 500

/**
 * A backlog for a list that shows the latest records. Of more new ones than it shows it keeps the latest, since these
 * push the others out, and of a record its latest state. Nothing is made of what is left out. A change of an earlier
 * record is never left out, as its row may be one that is shown.
 */
export function latestBacklog(format: StreamFormat): Backlog {
  const text = createTextBytes()
  const changed = new Map<string, WaitingChange>()
  /** The latest new ones, in a ring: the next takes the place of the oldest. */
  const fresh: WaitingChange[] = []
  let count = 0
  const placeOf = (id: string) => fresh.findLastIndex(({ record }) => record.id === id)
  /** The position of the latest change of all, which the last event has: those before are told again to who saw only some. */
  let latest = ''
  const partOf = (changes: readonly WaitingChange[], isLast: boolean) => {
    for (const [index, change] of changes.entries()) {
      const hasPosition = isLast && index === changes.length - 1
      text.add(eventOf(change, format, hasPosition ? latest : undefined))
    }
    return text.take()
  }
  return {
    add(change) {
      const { id } = change.record
      latest = change.position
      if (change.isNew) {
        fresh[count % MOST_NEW_ROWS] = change
        count += 1
        return
      }
      const place = placeOf(id)
      if (place >= 0) fresh[place] = change
      else changed.set(id, change)
    },
    isLarge: () => changed.size >= MOST_CHANGED,
    isCrowded: () => count > MOST_NEW_ROWS,
    isEmpty: () => count + changed.size === 0,
    take() {
      const oldest = count > MOST_NEW_ROWS ? count % MOST_NEW_ROWS : 0
      const news = [...fresh.slice(oldest), ...fresh.slice(0, oldest)]
      const parts = [
        { bytes: partOf([...changed.values()], news.length === 0), news: 0 },
        { bytes: partOf(news, true), news: news.length },
      ]
      fresh.length = 0
      count = 0
      changed.clear()
      return parts.filter(({ bytes }) => bytes.length > 0)
    },
  }
}
