import type { ListedRecord } from '../../relay/model/delivery.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import {
  MOST_LATEST,
  MOST_OPEN,
  type OpenOutcome,
  type TailPosition,
  type TailState,
} from './tail-state.ts'

/** What came last to the ledger of a cluster. Every call rejects when the ledger cannot be asked. */
export interface TailSource {
  /** The latest positions, the latest first: of those accepted since a time, or of an outcome. */
  positions(
    filter: { readonly since?: number; readonly outcome?: OpenOutcome },
    limit: number,
  ): Promise<readonly TailPosition[]>
  /** The records that exist, in any order. */
  read(ids: readonly string[]): Promise<readonly ListedRecord[]>
}

/** How long to wait between two looks. Milliseconds. */
export const BEAT_MS = 3_000

/** Asks what came or changed, the earliest first. What is known changes only when all of it was answered. */
export async function lookAt(
  source: TailSource,
  state: TailState,
  clock: Pick<Clock, 'now'>,
): Promise<readonly ListedRecord[]> {
  const { since } = state
  const [latest, retry, held, dead] = await Promise.all([
    source.positions(since === undefined ? {} : { since }, MOST_LATEST),
    source.positions({ outcome: 'retry' }, MOST_OPEN),
    source.positions({ outcome: 'held' }, MOST_OPEN),
    source.positions({ outcome: 'dead' }, MOST_OPEN),
  ])
  const found = { latest, open: { retry, held, dead } }
  const wanted = state.wanted(found, clock.now())
  return state.take(found, wanted, wanted.length === 0 ? [] : await source.read(wanted))
}
