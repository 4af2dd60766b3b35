import { Host } from './host.ts'
import { Line } from './line.ts'
import type { WaitingWindow } from './window.ts'

/** How many requests a process has under way at one host, unless it is told otherwise. */
const PLACES_PER_HOST = 10

/** The lines of all destinations for which something waits, and the hosts at which they are. */
export class Lines<Answer> {
  readonly #placesPerHost: number
  readonly #hosts = new Map<string, Host<Answer>>()
  readonly #lines = new Map<string, Line<Answer, Host<Answer>>>()

  constructor(placesPerHost = PLACES_PER_HOST) {
    this.#placesPerHost = placesPerHost
  }

  /** The line of a destination, which is made when there is none. */
  of(
    key: string,
    hostName: string,
    openWindow: () => WaitingWindow | undefined,
  ): Line<Answer, Host<Answer>> {
    const known = this.#lines.get(key)
    if (known) return known
    const host = this.#hosts.get(hostName) ?? new Host<Answer>(hostName, this.#placesPerHost)
    const line = new Line<Answer, Host<Answer>>(key, host, openWindow())
    host.lines += 1
    this.#hosts.set(hostName, host)
    this.#lines.set(key, line)
    return line
  }

  get(key: string): Line<Answer, Host<Answer>> | undefined {
    return this.#lines.get(key)
  }

  values(): Iterable<Line<Answer, Host<Answer>>> {
    return this.#lines.values()
  }

  /** Lets go of a line in which nobody waits, and of its host when nobody is there. */
  forget(line: Line<Answer, Host<Answer>>): void {
    const { key, host } = line
    // Somebody may be done with a line that was let go of before, and that has a successor.
    if (this.#lines.get(key) !== line) return
    this.#lines.delete(key)
    host.lines -= 1
    if (host.isIdle) this.#hosts.delete(host.name)
  }
}

/** The host in the key of a destination. */
export function hostOf(key: string): string {
  return key.slice(key.lastIndexOf('#') + 1)
}
