import type { LedgerRecord } from '../model/delivery.ts'
import { DamagedRecord } from '../model/stored/errors.ts'
import type { Ports } from '../ports/ports.ts'
import type { Versioned } from '../ports/versioned.ts'

/**
 * Reads records of other deliveries than the one that is decided about, without those that are damaged: their fault is
 * not its own. Rejects when the ledger fails, and with `LaterVersion`.
 */
export async function readSound(
  { ledger }: Pick<Ports, 'ledger'>,
  ids: readonly string[],
): Promise<ReadonlyArray<Versioned<LedgerRecord>>> {
  try {
    return await ledger.readMany(ids)
  } catch (error) {
    if (!(error instanceof DamagedRecord)) throw error
    if (ids.length === 1) return []
    const each: Versioned<LedgerRecord>[] = []
    for (const id of ids) each.push(...(await readSound({ ledger }, [id])))
    return each
  }
}
