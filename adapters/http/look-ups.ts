import type { LookupAddress } from 'node:dns'
import { keepLatest } from '../../relay/model/latest.ts'
import { ConnectError } from './failure.ts'
import { type Resolve, resolveBySystem } from './guarded-lookup.ts'

/** The most look-ups of one cluster at the same time for which somebody waits. */
const PER_CLUSTER = 2

/** How long a look-up is waited for, from its start, or from the time when a caller joined it. */
const LOOK_UP_MS = 5_000

/** How long a name waits for its look-up to start. */
const BEGIN_MS = 30_000

/**
 * The most look-ups at the same time. libuv gives them half of its threads, of which there are 128
 * (ADR 0037); a few are left for other look-ups of the process.
 */
const THREADS = 56

/** The most names that are remembered because they hung. */
const MAX_REMEMBERED = 1_000

export interface LookUpOptions {
  /** Resolves a name by the system. */
  readonly getaddrinfo?: Resolve
  /** The most look-ups at the same time, including those that nobody waits for any more. */
  readonly threads?: number
}

/**
 * Resolves names by the system, so that names that hang do not delay another cluster. Each name is
 * looked up once at a time, for all who wait for it, and at most two names of a cluster at once.
 * After five seconds nobody waits any more. A look-up that hangs cannot be ended and keeps its
 * thread, so a cluster gets no more threads than are left over for the others. Rejects with
 * `ConnectError` when the time is over, and otherwise as `getaddrinfo` does.
 */
export function createLookUps(options: LookUpOptions = {}): Resolve {
  const lookUps = new LookUps(options)
  return (hostname, cluster = '') => lookUps.resolve(hostname, cluster)
}

/** A caller that waits for the addresses of a name. */
interface Asker {
  timer?: NodeJS.Timeout
  resolve(addresses: readonly LookupAddress[]): void
  reject(error: unknown): void
}

/** A name that somebody waits for, or that is being looked up. */
interface Name {
  readonly hostname: string
  readonly askers: Set<Asker>
  isRunning: boolean
}

/** The names and threads of one cluster. */
interface Share {
  /** Names that wait for their look-up to start. */
  readonly waiting: Set<Name>
  /** Look-ups that somebody may wait for. */
  readonly active: Set<Name>
  /** How many look-ups have a thread. */
  threads: number
}

class LookUps {
  readonly #getaddrinfo: Resolve
  readonly #names = new Map<string, Name>()
  /** The clusters; the next one in turn is first. */
  readonly #shares = new Map<string, Share>()
  /** Names whose last look-up hung. */
  readonly #hung = new Map<string, true>()
  #freeThreads: number

  constructor({ getaddrinfo = resolveBySystem, threads = THREADS }: LookUpOptions) {
    this.#getaddrinfo = getaddrinfo
    this.#freeThreads = threads
  }

  resolve(hostname: string, cluster: string): Promise<readonly LookupAddress[]> {
    const name = this.#names.get(hostname) ?? { hostname, askers: new Set(), isRunning: false }
    this.#names.set(hostname, name)
    return new Promise((resolve, reject) => {
      const asker: Asker = { resolve, reject }
      name.askers.add(asker)
      this.#limit(name, asker)
      if (name.isRunning) return
      this.#shareOf(cluster).waiting.add(name)
      this.#begin()
    })
  }

  #limit(name: Name, asker: Asker): void {
    clearTimeout(asker.timer)
    const ms = name.isRunning ? LOOK_UP_MS : BEGIN_MS
    asker.timer = setTimeout(() => {
      name.askers.delete(asker)
      const took = name.isRunning ? 'took' : 'could not begin for'
      asker.reject(
        new ConnectError('dns', `${name.hostname}: the name look-up ${took} ${ms / 1_000} s`),
      )
      if (!name.isRunning && name.askers.size === 0) this.#forget(name)
    }, ms).unref()
  }

  #shareOf(cluster: string): Share {
    const share = this.#shares.get(cluster) ?? { waiting: new Set(), active: new Set(), threads: 0 }
    this.#shares.set(cluster, share)
    return share
  }

  /** Starts the look-ups that may start, of each cluster in turn. */
  #begin(): void {
    for (let hasBegun = true; hasBegun; ) {
      hasBegun = false
      for (const [cluster, share] of [...this.#shares]) {
        const name = this.#nextOf(share)
        if (name === undefined) continue
        hasBegun = true
        this.#shares.delete(cluster)
        this.#shares.set(cluster, share)
        void this.#lookUp(name, share)
      }
    }
  }

  /**
   * The next name of a cluster. While a name that hung before is looked up, only other names are.
   */
  #nextOf({ waiting, active, threads }: Share): Name | undefined {
    if (active.size >= PER_CLUSTER || threads >= this.#freeThreads) return undefined
    const hung = this.#hung
    const isCautious = [...active].some(({ hostname }) => hung.has(hostname))
    for (const name of waiting) if (!isCautious || !hung.has(name.hostname)) return name
    return undefined
  }

  /** Looks a name up. Never rejects. */
  async #lookUp(name: Name, share: Share): Promise<void> {
    const { hostname, askers } = name
    for (const { waiting } of this.#shares.values()) waiting.delete(name)
    name.isRunning = true
    share.active.add(name)
    share.threads += 1
    this.#freeThreads -= 1
    for (const asker of askers) this.#limit(name, asker)
    const late = setTimeout(() => {
      this.#remember(hostname)
      share.active.delete(name)
      this.#begin()
    }, LOOK_UP_MS).unref()
    const tell = await this.#ask(hostname)
    clearTimeout(late)
    if (share.active.delete(name)) this.#hung.delete(hostname)
    share.threads -= 1
    this.#freeThreads += 1
    this.#forget(name)
    for (const asker of askers) {
      clearTimeout(asker.timer)
      tell(asker)
    }
    this.#begin()
  }

  async #ask(hostname: string): Promise<(asker: Asker) => void> {
    try {
      const addresses = await this.#getaddrinfo(hostname)
      return ({ resolve }) => resolve(addresses)
    } catch (error) {
      return ({ reject }) => reject(error)
    }
  }

  #remember(hostname: string): void {
    keepLatest(this.#hung, hostname, true, MAX_REMEMBERED)
  }

  #forget(name: Name): void {
    this.#names.delete(name.hostname)
    for (const [cluster, { waiting, threads }] of this.#shares) {
      waiting.delete(name)
      if (waiting.size === 0 && threads === 0) this.#shares.delete(cluster)
    }
  }
}
