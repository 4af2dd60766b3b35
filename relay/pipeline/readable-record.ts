import type { LedgerRecord } from '../model/delivery.ts'
import { unreadableText } from '../model/stored/errors.ts'
import type { Ledger } from '../ports/ledger.ts'
import type { Versioned } from '../ports/versioned.ts'

/**
 * A record that is to be changed, or the reason why it cannot be read; undefined when there is none. Rejects when
 * the ledger fails.
 */
export async function readableRecord(
  ledger: Pick<Ledger, 'readMany'>,
  id: string,
): Promise<Versioned<LedgerRecord> | string | undefined> {
  try {
    const [stored] = await ledger.readMany([id])
    return stored
  } catch (error) {
    const reason = unreadableText(error)
    if (reason === undefined) throw error
    return reason
  }
}
