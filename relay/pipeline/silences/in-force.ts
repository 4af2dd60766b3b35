import { isActive } from '../../model/silence.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Pause } from '../slices.ts'
import { readKnown } from './active-silences.ts'
import { objectsInForce } from './silence-objects.ts'

/** The silences of a cluster that are in force at one time, by what the deliveries note that each holds back. */
export interface SilencesInForce {
  /** When the window of each object ends, in milliseconds since the epoch. */
  readonly objects: ReadonlyMap<string, number>
  /** Those that people made. */
  readonly made: ReadonlySet<string>
}

/** Reads which silences of a cluster are in force now. Those that nobody can read are not. Rejects when a store fails. */
export async function readInForce(
  ports: Pick<Ports, 'configs' | 'state' | 'clock'>,
  cluster: string,
  pause: Pause,
): Promise<SilencesInForce> {
  const [snapshot, made] = await Promise.all([
    ports.configs.read(cluster),
    readKnown(ports, cluster),
  ])
  const now = ports.clock.now()
  const set = typeof snapshot === 'object' ? snapshot : undefined
  const objects = await objectsInForce(set, now, pause)
  const active = 'problem' in made ? [] : made.filter((silence) => isActive(silence, now))
  return {
    objects: new Map(objects.map(({ holdId, endsAt }) => [holdId, endsAt])),
    made: new Set(active.map(({ id }) => id)),
  }
}
