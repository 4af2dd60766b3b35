/** An event of a soak, from its making to where it went. Times are the machine's, in milliseconds. */
export interface SoakEvent {
  readonly cluster: string
  /** Names it, and says to which destination it goes. */
  readonly message: string
  readonly route: Route
  acceptedAt?: number
  /** When the destination had it first. */
  arrivedAt?: number
  arrivals: number
}

/** Where an event goes: a destination that works, one that fails in every way, and one that never answers. */
export type Route = 'good' | 'faulty' | 'hanging'

/** The kind of the object of each route's events, by which Alerts tell them apart. */
export const KINDS = {
  good: 'Kustomization',
  faulty: 'HelmRelease',
  hanging: 'GitRepository',
} as const satisfies Readonly<Record<Route, string>>

/** A time in which something was broken on purpose. */
export interface Disturbance {
  readonly from: number
  until: number
}

/** All that a soak knows of its events and disturbances. */
export class Books {
  readonly events = new Map<string, SoakEvent>()
  readonly disturbances: Disturbance[] = []
  readonly #counts = new Map<string, number>()

  count(name: string, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by)
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }

  arrived(message: string): void {
    const event = this.events.get(message)
    if (event === undefined) return
    event.arrivals += 1
    event.arrivedAt ??= Date.now()
  }

  /** Breaks something; resolves once it is mended. */
  async disturb(name: string, work: () => Promise<void>): Promise<void> {
    const disturbance = { from: Date.now(), until: Number.POSITIVE_INFINITY }
    this.disturbances.push(disturbance)
    this.count(name)
    try {
      await work()
    } finally {
      disturbance.until = Date.now()
    }
  }

  accepted(): readonly SoakEvent[] {
    return [...this.events.values()].filter(({ acceptedAt }) => acceptedAt !== undefined)
  }
}
