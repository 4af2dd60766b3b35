import { type Event, objectName } from '../../model/event.ts'
import { hashParts } from '../../model/hash.ts'
import type { Identity } from '../../model/kubernetes.ts'
import { type Episode, episodeCodec } from '../../model/stored/episode.ts'
import type { Ports } from '../../ports/ports.ts'
import type { ExpectedVersion } from '../../ports/versioned.ts'
import { Contention } from '../contention.ts'
import { rememberedValue } from '../damaged-memory.ts'
import type { InTurn } from '../in-turn.ts'

/** How long an Episode is kept after its last change. */
const REMEMBER_MS = 90 * 24 * 3_600_000

/** The Alert and the object of an Episode. */
export interface Remembered {
  readonly cluster: string
  readonly alert: Pick<Identity, 'uid'>
  readonly event: Pick<Event, 'involvedObject'>
}

/** An Episode as it is stored; `version` is `absent` before the first write. */
export interface StoredEpisode {
  readonly key: string
  readonly episode: Episode
  readonly version: ExpectedVersion
}

/** Reads what is remembered of the object of a Delivery for its Alert. Rejects when the store fails. */
export async function readEpisode(
  { state }: Pick<Ports, 'state'>,
  about: Remembered,
): Promise<StoredEpisode> {
  const key = episodeKey(about)
  const stored = await state.read(key)
  if (stored === undefined) return { key, episode: {}, version: 'absent' }
  const episode = rememberedValue(state, episodeCodec, stored.value, key, () =>
    objectName(about.event.involvedObject),
  )
  return { key, episode: episode ?? {}, version: stored.version }
}

/** How often an Episode is judged again that another process changed in between. */
const MAX_TRIES = 5

/** What a change of an Episode needs. */
export interface EpisodeContext {
  readonly ports: Pick<Ports, 'state' | 'clock'>
  readonly inTurn: InTurn
}

/**
 * Works out what follows from the Episode of a Delivery and stores it, again when another process was faster. In this
 * process Deliveries of one Episode are judged one after the other, in the order in which they come. Rejects
 * when the store fails, and with `Contention` when it changes all the time.
 */
export function changeEpisode<T extends { readonly next?: Episode | undefined }>(
  record: Remembered & { readonly id: string },
  { ports, inTurn }: EpisodeContext,
  work: (episode: Episode) => Promise<T>,
): Promise<T> {
  return inTurn(episodeKey(record), async () => {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const stored = await readEpisode(ports, record)
      const result = await work(stored.episode)
      const { next } = result
      if (next === undefined || (await writeEpisode(ports, stored, next))) return result
    }
    throw new Contention(`the episode of ${record.id} changes all the time`)
  })
}

/** Writes what follows an Episode. False when another process wrote in between: it is judged again then. */
async function writeEpisode(
  { state, clock }: Pick<Ports, 'state' | 'clock'>,
  { key, version }: StoredEpisode,
  next: Episode,
): Promise<boolean> {
  return state.write(key, episodeCodec.encode(next), version, clock.now() + REMEMBER_MS)
}

function episodeKey({ cluster, alert, event }: Remembered): string {
  const { kind, namespace, name } = event.involvedObject
  return `${cluster}#episode#${hashParts(alert.uid, kind, namespace, name)}`
}
