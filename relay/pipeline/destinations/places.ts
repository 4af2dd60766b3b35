import type { Capacity } from './capacity.ts'
import type { Admission } from './destinations.ts'
import type { Healths } from './healths.ts'
import type { Host } from './host.ts'
import type { Asking, Line } from './line.ts'
import { Turns } from './turns.ts'

export type HostOf = Host<Admission>
export type LineOf = Line<Admission, HostOf>

/**
 * How many deliveries are sent at once to a destination that has not answered yet: as many failures
 * as park it. So a destination that hangs takes few places before it is found out.
 */
const PLACES_WITHOUT_ANSWER = 3

/**
 * Gives the places of hosts to their lines, while the cluster of the host has a share left. The
 * line with the fewest places gets the next one, and the last place is kept for a line that has
 * none. So a destination that answers fast does not wait for slow ones.
 */
export class Places {
  readonly #capacity: Capacity
  readonly #healths: Healths
  readonly #admit: (line: LineOf, asking: Asking<Admission>) => void
  /**
   * The hosts of each cluster at which deliveries ask for a place while their cluster has used its
   * whole share.
   */
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

  /**
   * Whether a delivery that asks now gets a place at once. False when another one of the line asks
   * before it.
   */
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

  /** Serves one waiting host of each cluster after a place became free. */
  serveShort(): void {
    if (this.#short.size === 0) return
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

  /** Serves the host later, when its cluster has fewer places in use or more places are free. */
  #postpone(host: HostOf): void {
    const hosts = this.#short.get(host.cluster) ?? new Turns<HostOf>()
    hosts.add(host)
    this.#short.set(host.cluster, hosts)
  }
}
