import type { UnreadableRecord } from '../model/delivery.ts'
import { namespacedName } from '../model/kubernetes.ts'
import { unreadableText } from '../model/stored/errors.ts'
import type { CompiledAlert } from '../pipeline/compiled-alert.ts'
import type { EventVerdict } from '../pipeline/explain/recorded.ts'
import { deliveryId } from '../pipeline/record.ts'
import { slicesOf } from '../pipeline/slices.ts'
import type { Ports } from '../ports/ports.ts'

/** Records that are read at once. */
const SLICE = 100

/** What became of an event for an Alert, as far as a record tells it that cannot be read. */
export function unreadableVerdict(
  { rule: _, ...verdict }: EventVerdict,
  { id, outcome, reason }: UnreadableRecord,
): EventVerdict {
  return { ...verdict, outcome, reason, recorded: true, delivery: id }
}

/**
 * The verdicts on an event, with what is known of records that cannot be read in the place of there being none: lists
 * by the event leave them out, as nobody knows of which event they are. Rejects when the ledger fails.
 */
export async function withUnreadable(
  { ledger }: Pick<Ports, 'ledger'>,
  alerts: ReadonlyMap<string, CompiledAlert>,
  eventId: string,
  verdicts: readonly EventVerdict[],
): Promise<readonly EventVerdict[]> {
  const ids = new Map(
    verdicts.flatMap((verdict) => {
      const compiled = alerts.get(namespacedName(verdict.alert))
      if (verdict.outcome !== 'unrecorded' || compiled === undefined) return []
      return [[verdict, deliveryId(eventId, compiled.alert.metadata.uid)] as const]
    }),
  )
  const found = new Map<string, UnreadableRecord>()
  for (const slice of slicesOf([...ids.values()], SLICE)) {
    for (const record of await unreadableOf(ledger, slice)) found.set(record.id, record)
  }
  return verdicts.map((verdict) => {
    const record = found.get(ids.get(verdict) ?? '')
    return record ? unreadableVerdict(verdict, record) : verdict
  })
}

async function unreadableOf(
  ledger: Ports['ledger'],
  ids: readonly string[],
): Promise<readonly UnreadableRecord[]> {
  try {
    await ledger.readMany(ids)
    return []
  } catch (error) {
    if (unreadableText(error) === undefined) throw error
    const shown = await Promise.all(ids.map((id) => ledger.show(id)))
    return shown.flatMap((record) => (record?.kind === 'unreadable' ? [record] : []))
  }
}
