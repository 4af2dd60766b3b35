import type { Clock } from '../../relay/ports/clock.ts'
import type { ToldSpool } from '../../relay/ports/clusters.ts'

/** What shippers told of their spools last. It starts anew with the process. */
export interface Spools {
  /** Notes what the shipper of a known cluster tells now. */
  told(cluster: string, events: number): void
  of(cluster: string): ToldSpool | undefined
}

/** Makes the notes, one for each cluster. */
export function createSpools(clock: Pick<Clock, 'now'>): Spools {
  const spools = new Map<string, ToldSpool>()
  return {
    told: (cluster, events) => spools.set(cluster, { events, toldAt: clock.now() }),
    of: (cluster) => spools.get(cluster),
  }
}
