import type { BareRecord } from '../model/bare-record.ts'
import type { LedgerRecord } from '../model/delivery.ts'
import { DamagedRecord } from '../model/stored/errors.ts'
import type { ReadOptions } from '../ports/ledger.ts'
import type { Ports } from '../ports/ports.ts'
import type { Versioned } from '../ports/versioned.ts'

type Read<R> = (ids: readonly string[]) => Promise<ReadonlyArray<Versioned<R>>>

/**
 * Reads records of other deliveries than the one that is decided about, without those that are damaged: their fault is
 * not its own. Rejects when the ledger fails, and with `LaterVersion`.
 */
export async function readSound(
  ports: Pick<Ports, 'ledger'>,
  ids: readonly string[],
): Promise<ReadonlyArray<Versioned<LedgerRecord>>> {
  return (await readParted(ports, ids)).sound
}

/** Records, and the ids of those that are damaged. */
export interface PartedRecords<R> {
  readonly sound: ReadonlyArray<Versioned<R>>
  readonly damaged: readonly string[]
}

/** Reads records as `readSound` does, and tells the damaged ones from those that are not there. */
export function readParted(
  { ledger }: Pick<Ports, 'ledger'>,
  ids: readonly string[],
  options?: ReadOptions,
): Promise<PartedRecords<LedgerRecord>> {
  return partsOf((wanted) => ledger.readMany(wanted, options), ids)
}

/** Reads records as `readSound` does, without their events: many small events may ask at once what became of large ones. */
export async function readSoundBare(
  { ledger }: Pick<Ports, 'ledger'>,
  ids: readonly string[],
): Promise<ReadonlyArray<Versioned<BareRecord>>> {
  const parts = await partsOf((wanted) => ledger.readMany(wanted, { withoutEvents: true }), ids)
  return parts.sound
}

async function partsOf<R>(read: Read<R>, ids: readonly string[]): Promise<PartedRecords<R>> {
  try {
    return { sound: await read(ids), damaged: [] }
  } catch (error) {
    if (!(error instanceof DamagedRecord)) throw error
    if (ids.length === 1) return { sound: [], damaged: ids }
    const parts: PartedRecords<R>[] = []
    for (const id of ids) parts.push(await partsOf(read, [id]))
    return {
      sound: parts.flatMap(({ sound }) => sound),
      damaged: parts.flatMap(({ damaged }) => damaged),
    }
  }
}
