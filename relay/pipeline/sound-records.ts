import type { BareRecord } from '../model/bare-record.ts'
import type { LedgerRecord } from '../model/delivery.ts'
import { DamagedRecord } from '../model/stored/errors.ts'
import type { Ports } from '../ports/ports.ts'
import type { Versioned } from '../ports/versioned.ts'

type Read<R> = (ids: readonly string[]) => Promise<ReadonlyArray<Versioned<R>>>

/**
 * Reads records of other deliveries than the one that is decided about, without those that are damaged: their fault is
 * not its own. Rejects when the ledger fails, and with `LaterVersion`.
 */
export function readSound(
  { ledger }: Pick<Ports, 'ledger'>,
  ids: readonly string[],
): Promise<ReadonlyArray<Versioned<LedgerRecord>>> {
  return soundOf((wanted) => ledger.readMany(wanted), ids)
}

/** Reads the same without their events: many small events may ask at once what became of large ones. */
export function readSoundBare(
  { ledger }: Pick<Ports, 'ledger'>,
  ids: readonly string[],
): Promise<ReadonlyArray<Versioned<BareRecord>>> {
  return soundOf((wanted) => ledger.readMany(wanted, { withoutEvents: true }), ids)
}

async function soundOf<R>(
  read: Read<R>,
  ids: readonly string[],
): Promise<ReadonlyArray<Versioned<R>>> {
  try {
    return await read(ids)
  } catch (error) {
    if (!(error instanceof DamagedRecord)) throw error
    if (ids.length === 1) return []
    const each: Versioned<R>[] = []
    for (const id of ids) each.push(...(await soundOf(read, [id])))
    return each
  }
}
