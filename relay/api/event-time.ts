import { parseObjects } from '../model/parse-objects.ts'
import { unreadableText } from '../model/stored/errors.ts'
import { deliveryId, eventRecordId } from '../pipeline/record.ts'
import { noPause, type Pause, slicesOf } from '../pipeline/slices.ts'
import type { Ports } from '../ports/ports.ts'

/** Objects that are read, and ids that are asked for, without a pause. */
const SLICE = 100

/** The id of an event as it is, and not its beginning: a SHA-256. */
const WHOLE_ID = /^[0-9a-f]{64}$/

/**
 * When an event of a cluster was accepted, in milliseconds since the epoch, without an index by its id: the
 * ids of its records follow from its own and those of the Alerts. Undefined for the beginning of an id, and
 * when no Alert that is in force now has a record of it. Rejects when a store fails.
 */
export async function acceptTimeOf(
  { configs, ledger }: Pick<Ports, 'configs' | 'ledger'>,
  cluster: string,
  event: string,
  pause: Pause = noPause,
): Promise<number | undefined> {
  if (!WHOLE_ID.test(event)) return undefined
  const snapshot = await configs.read(cluster)
  const manifests = typeof snapshot === 'object' ? snapshot.manifests : []
  const ids = [eventRecordId(event)]
  for (const slice of slicesOf(manifests, SLICE)) {
    await pause()
    const { alerts } = parseObjects(cluster, slice)
    ids.push(...alerts.map(({ metadata }) => deliveryId(event, metadata.uid)))
  }
  for (const slice of slicesOf(ids, SLICE)) {
    const [found] = await ledger.readMany(slice).catch(noneUnreadable)
    if (found) return found.value.acceptedAt
  }
  return undefined
}

/** One that cannot be read leaves the event to be found by the others. */
function noneUnreadable(error: unknown) {
  if (unreadableText(error) === undefined) throw error
  return []
}
