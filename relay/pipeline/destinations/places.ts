import type { Capacity } from './capacity.ts'
import type { Admission } from './destinations.ts'
import type { Healths } from './healths.ts'
import type { Host } from './host.ts'
import type { Asking, Line } from './line.ts'
import { Turns } from './turns.ts'

export type HostOf = Host<Admission>
export type LineOf = Line<Admission, HostOf>

/**
 * Deliveries that are sent at once to a destination of which no answer is known: as many as it takes to
 * park it. So one that hangs takes little before it is found out.
 */
const PLACES_WITHOUT_ANSWER = 3

/**
 * Gives the places of hosts to the lines at them while their clusters have a share left. Of the lines at a
 * host that with the fewest places gets the next one, and the last is kept for one that has none: so
 * one whose destination answers fast does not wait for those whose destinations are slow.
 */
export class Places {
  readonly #capacity: Capacity
  readonly #healths: Healths
  readonly #admit: (line: LineOf, asking: Asking<Admission>) => void
  /** Hosts of each cluster at which somebody asks, and whose cluster has its share. */
  readonly #short = new Map<string, Turns<HostOf>>()

  constructor(
    capacity: Capacity,
    healths: Healths,
    admit: (line: LineOf, asking: Asking<Admission>) => void,
  ) {
    this.#capacity = capacity
    this.#healths = healths
    this.#admit = admit
  }

  /** Whether one that asks now, and no other before it, gets a place at once. */
  hasPlace(line: LineOf): boolean {
    const { host } = line
    const mayHave = host.hasPlaceFor(line.underWay) && line.underWay < this.#most(line)
    const isFree = mayHave && !line.isAsking
    return isFree && this.#capacity.underWay.allows(host.cluster)
  }

  serve(host: HostOf): void {
    while (host.canGive) {
      if (!this.#capacity.underWay.allows(host.cluster)) {
        this.#postpone(host)
        break
      }
      const line = host.asking.next()
      // A line that has its places gets its turn again when one of its own leaves.
      if (!line || line.underWay >= this.#most(line)) continue
      const first = line.takeFirst()
      // Without one, the first of all was woken and comes; the line has its turn then.
      if (!first) continue
      this.#admit(line, first)
      if (line.isAsking) host.asking.add(line)
    }
  }

  /** Somebody left: of each cluster that had its share one host may have its turn. */
  serveShort(): void {
    for (const [cluster, hosts] of [...this.#short]) {
      if (!this.#capacity.underWay.allows(cluster)) continue
      const host = hosts.next()
      if (hosts.isEmpty) this.#short.delete(cluster)
      if (host) this.serve(host)
    }
  }

  #most({ key, host: { placesPerLine } }: LineOf): number {
    if (this.#healths.isAnswering(key)) return placesPerLine
    return Math.min(placesPerLine, PLACES_WITHOUT_ANSWER)
  }

  /** Serves the host later, when its cluster has less, or more is free. */
  #postpone(host: HostOf): void {
    const hosts = this.#short.get(host.cluster) ?? new Turns<HostOf>()
    hosts.add(host)
    this.#short.set(host.cluster, hosts)
  }
}
