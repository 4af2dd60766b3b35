import type { BareRecord } from '../../model/bare-record.ts'
import type { DeliveryRecord, Status } from '../../model/delivery.ts'
import { objectName } from '../../model/event.ts'
import { hashParts } from '../../model/hash.ts'
import { MAX_SILENCE_MS } from '../../model/silence.ts'
import { type HeldFailure, heldFailureCodec } from '../../model/stored/held-failure.ts'
import type { Ports } from '../../ports/ports.ts'
import type { ExpectedVersion } from '../../ports/versioned.ts'
import { objectGroupKey } from '../accept.ts'
import { Contention } from '../contention.ts'
import { rememberedValue } from '../damaged-memory.ts'
import { fingerprint } from '../fingerprint.ts'
import type { InTurn } from '../in-turn.ts'
import { endOf, readObjectState } from '../object-memory.ts'
import { deliveryId } from '../record.ts'
import { readSoundBare } from '../sound-records.ts'

type FailurePorts = Pick<Ports, 'state' | 'ledger' | 'clock'>
type Held = DeliveryRecord<Status>

/** How long it is remembered which failure is held back: longer than any silence. */
const REMEMBER_MS = MAX_SILENCE_MS + 24 * 3_600_000

/** How often it is read again which failure is held back, when another delivery of the object changed that in between. */
const MAX_TRIES = 5

/**
 * Remembers that a failure is held back from its Alert, in the place of an earlier one of its object. When an
 * earlier one is held that says the same, that stays, and its id is the result. In this process those of one Alert and
 * object are remembered one after the other. Rejects when a store fails.
 */
export function holdFailure(
  { ports, inTurn }: { readonly ports: FailurePorts; readonly inTurn: InTurn },
  record: Held,
): Promise<string | undefined> {
  const key = heldKey(record)
  const own: HeldFailure = { deliveryId: record.id, fingerprint: fingerprint(record.event) }
  return inTurn(key, async () => {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const { held, version } = await readHeld(ports, record)
      if (held?.deliveryId === record.id) return undefined
      if (held?.fingerprint === own.fingerprint && (await isHeldNow(ports, held))) {
        return held.deliveryId
      }
      const expiresAt = ports.clock.now() + REMEMBER_MS
      const stored = heldFailureCodec.encode(own)
      if (await ports.state.write(key, stored, version, expiresAt)) return undefined
    }
    throw new Contention(`the held failure of ${key} changes all the time`)
  })
}

/**
 * Why a failure that was held back is not told any more, for people: it has ended, or a newer delivery to the
 * same Alert tells of the object. Undefined while it lasts. Rejects when a store fails.
 */
export async function endOfFailure(ports: FailurePorts, record: Held): Promise<string | undefined> {
  const { cluster, event, alert, order } = record
  const group = objectGroupKey(cluster, event.involvedObject)
  const state = (await readObjectState(ports, { cluster, group, event }))?.value
  const end = endOf(state)
  // It may fail again since, of which another event tells.
  if (end !== undefined && end > order) {
    return 'the object recovered while the failure was silenced'
  }
  const failure = state?.failure
  const newest =
    failure && failure.order > order ? deliveryId(failure.eventId, alert.uid) : undefined
  const { held } = await readHeld(ports, record)
  for (const id of [held?.deliveryId, newest]) {
    if (id === undefined || id === record.id) continue
    const [newer] = await readSoundBare(ports, [id])
    if (newer && newer.value.order > order && isTold(newer.value)) {
      return `the delivery ${id.slice(0, 12)} tells of a newer failure of the object`
    }
  }
  return undefined
}

async function readHeld(
  { state }: FailurePorts,
  record: Held,
): Promise<{ readonly held?: HeldFailure; readonly version: ExpectedVersion }> {
  const key = heldKey(record)
  const stored = await state.read(key)
  if (stored === undefined) return { version: 'absent' }
  const held = rememberedValue(state, heldFailureCodec, stored.value, key, () =>
    objectName(record.event.involvedObject),
  )
  return { version: stored.version, ...(held && { held }) }
}

async function isHeldNow(ports: FailurePorts, { deliveryId: id }: HeldFailure): Promise<boolean> {
  const [stored] = await readSoundBare(ports, [id])
  const status = stored?.value.status
  return status?.kind === 'waiting' && status.silence !== undefined
}

/**
 * Whether the Alert was told, will be, or would have been if its destination took it. What waits for a configuration, and
 * was not held back before, may still be skipped.
 */
function isTold({ status }: BareRecord): boolean {
  if (status.kind === 'waiting') {
    return status.why !== 'configuration' || status.silence !== undefined
  }
  return status.outcome === 'delivered' || status.outcome === 'dead'
}

function heldKey({ cluster, alert, event }: Held): string {
  const { kind, namespace, name } = event.involvedObject
  return `${cluster}#held#${hashParts(alert.uid, kind, namespace, name)}`
}
