import { rememberLast } from '../../model/last-result.ts'
import { Host } from './host.ts'
import { Line } from './line.ts'
import type { WaitingWindow } from './window.ts'

/**
 * The most requests of one Provider that are under way at one host, unless the process is told
 * otherwise.
 */
const PLACES_PER_HOST = 10

/**
 * The most waiting deliveries of one cluster whose ids are in memory, besides a few of each line.
 */
const MOST_HELD_OF_CLUSTER = 51_200
const MOST_HELD = 512
const FEWEST_HELD = 16

/** The lines of all destinations for which something waits, and the hosts at which they are. */
export class Lines<Answer> {
  readonly #placesPerHost: number
  readonly #hosts = new Map<string, Host<Answer>>()
  readonly #lines = new Map<string, Line<Answer, Host<Answer>>>()
  /** How many lines each cluster has. */
  readonly #counts = new Map<string, number>()

  constructor(placesPerHost = PLACES_PER_HOST) {
    this.#placesPerHost = placesPerHost
  }

  /** The line of a destination. Creates it when there is none. */
  of(
    key: string,
    hostName: string,
    openWindow: (mostHeld: () => number) => WaitingWindow | undefined,
  ): Line<Answer, Host<Answer>> {
    const known = this.#lines.get(key)
    if (known) return known
    const cluster = clusterOf(key)
    const id = hostId(cluster, hostName)
    const host = this.#hosts.get(id) ?? new Host<Answer>(hostName, cluster, this.#placesPerHost)
    const mostHeld = () => {
      const share = Math.floor(MOST_HELD_OF_CLUSTER / (this.#counts.get(cluster) ?? 1))
      return Math.max(Math.min(share, MOST_HELD), FEWEST_HELD)
    }
    const line = new Line<Answer, Host<Answer>>(key, host, openWindow(mostHeld))
    host.lines += 1
    this.#hosts.set(id, host)
    this.#lines.set(key, line)
    this.#counts.set(cluster, (this.#counts.get(cluster) ?? 0) + 1)
    return line
  }

  get(key: string): Line<Answer, Host<Answer>> | undefined {
    return this.#lines.get(key)
  }

  values(): Iterable<Line<Answer, Host<Answer>>> {
    return this.#lines.values()
  }

  /** Forgets a line in which nothing waits, and its host when that has no other line. */
  forget(line: Line<Answer, Host<Answer>>): void {
    const { key, host } = line
    // Somebody may be done with a line that was let go of before, and that has a successor.
    if (this.#lines.get(key) !== line) return
    this.#lines.delete(key)
    host.lines -= 1
    const left = (this.#counts.get(host.cluster) ?? 1) - 1
    if (left > 0) this.#counts.set(host.cluster, left)
    else this.#counts.delete(host.cluster)
    if (host.isIdle) this.#hosts.delete(hostId(host.cluster, host.name))
  }
}

function hostId(cluster: string, name: string): string {
  return `${cluster}#${name}`
}

/** The cluster in the key of a destination. A delivery asks for that of one key again and again. */
export const clusterOf = rememberLast((key) => key.slice(0, Math.max(key.indexOf('#'), 0)))

/** The host in the key of a destination. */
export function hostOf(key: string): string {
  return key.slice(key.lastIndexOf('#') + 1)
}

/** The UID of the Provider in the key of a destination. */
export function providerOf(key: string): string {
  return key.slice(key.indexOf('#') + 1, key.lastIndexOf('#'))
}
