import type { Ports } from '../../relay/ports/ports.ts'

/** A wake of the deliveries of a cluster that was cut short. */
export interface UnfinishedWake {
  readonly cluster: string
  /** When it began, in milliseconds since the epoch. */
  readonly begunAt: number
}

/** The wakes that are to be finished by the sweeps, in the state table. */
export interface UnfinishedWakes {
  /** Notes a wake. A later one of the same cluster takes its place. Rejects when the store fails. */
  add(wake: UnfinishedWake): Promise<void>
  /** Those that began less than an hour ago: by then the retry schedule has tried everything. */
  list(): Promise<readonly UnfinishedWake[]>
  /** Removes a wake that is finished, unless a later one took its place. */
  remove(wake: UnfinishedWake): Promise<void>
}

/** No cluster has the empty name. */
const KEY = '#wakes#'

const KEPT_FOR_MS = 3_600_000

/** How often a change is tried; others may change the list at the same time. */
const MAX_TRIES = 10

export function createUnfinishedWakes({
  state,
  clock,
}: Pick<Ports, 'state' | 'clock'>): UnfinishedWakes {
  const read = async () => {
    const stored = await state.read(KEY)
    const since = clock.now() - KEPT_FOR_MS
    const wakes = wakesOf(stored?.value).filter(({ begunAt }) => begunAt > since)
    return { wakes, version: stored?.version ?? ('absent' as const) }
  }
  const change = async (edit: (wakes: readonly UnfinishedWake[]) => readonly UnfinishedWake[]) => {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const { wakes, version } = await read()
      const expiresAt = clock.now() + KEPT_FOR_MS
      if (await state.write(KEY, { wakes: edit(wakes) }, version, expiresAt)) return
    }
    throw new Error('the unfinished wakes are changed by too many at once')
  }
  return {
    add: (wake) =>
      change((wakes) => [...wakes.filter(({ cluster }) => cluster !== wake.cluster), wake]),
    list: async () => (await read()).wakes,
    remove: ({ cluster, begunAt }) =>
      change((wakes) => wakes.filter((wake) => wake.cluster !== cluster || wake.begunAt > begunAt)),
  }
}

function wakesOf(value: unknown): readonly UnfinishedWake[] {
  const { wakes } = Object(value)
  if (!Array.isArray(wakes)) return []
  return wakes.filter((wake): wake is UnfinishedWake => {
    const { cluster, begunAt } = Object(wake)
    return typeof cluster === 'string' && typeof begunAt === 'number'
  })
}
