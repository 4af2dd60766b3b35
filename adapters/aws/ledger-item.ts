import { gunzipSync, gzipSync } from 'node:zlib'
import {
  type LedgerRecord,
  OUTCOMES,
  type Outcome,
  outcomeOf,
  reachedBy,
  type UnreadableRecord,
} from '../../relay/model/delivery.ts'
import { objectName } from '../../relay/model/event.ts'
import { type Identity, namespacedName } from '../../relay/model/kubernetes.ts'
import {
  type Decoded,
  decodeText,
  encodeText,
  unreadableText,
} from '../../relay/model/stored/codec.ts'
import { deliveryRecordCodec } from '../../relay/model/stored/delivery-record.ts'
import { RecordTooLarge } from '../../relay/model/stored/record-too-large.ts'
import { bytesOf, type Item, textIfPresent, textOf } from './dynamodb-item.ts'

/** Shorter records stay text, which a person can read in the console; longer ones cost less so. */
const MAX_PLAIN_BYTES = 2_048

/**
 * Most bytes of a record as stored. An item may have 400 KiB with its names and keys, of which
 * cluster, Alert, Provider and object take 6 KiB at most.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
export const MAX_BODY_BYTES = 390_000

/**
 * All attributes of a record but version and expiry. Of one that is too large the newest tries are
 * kept, as many as fit; throws `RecordTooLarge` when it is too large without any.
 */
export function ledgerItem(record: LedgerRecord): Item {
  const { id, cluster } = record
  const { alert, provider } = reachedBy(record)
  const outcome = outcomeOf(record)
  return {
    id: { S: id },
    cluster: { S: cluster },
    position: { S: positionOf(record) },
    object: { S: objectName(record.event.involvedObject) },
    outcome: { S: outcome },
    ...textIfPresent('alert', nameOf(alert)),
    ...textIfPresent('provider', nameOf(provider)),
    ...textIfPresent('openOutcome', openOutcomeKey(cluster, outcome)),
    body: bodyOf(record),
  }
}

/** The key by which what is not delivered is found; undefined for what is. */
export function openOutcomeKey(cluster: string, outcome: Outcome): string | undefined {
  return outcome === 'delivered' ? undefined : `${cluster}#${outcome}`
}

/** The record of an item. */
export function recordOf(item: Item): Decoded<LedgerRecord> {
  const json = bodyText(item)
  return json === undefined
    ? { kind: 'damaged', cause: 'body is missing or cannot be unpacked' }
    : decodeText(deliveryRecordCodec, json)
}

/** What the attributes beside a record tell when it cannot be read itself. */
export function unreadableRecord(
  item: Item,
  decoded: Exclude<Decoded<LedgerRecord>, { kind: 'read' }>,
): UnreadableRecord {
  const alert = textOf(item, 'alert')
  const outcome = textOf(item, 'outcome')
  return {
    kind: 'unreadable',
    ...parsePosition(textOf(item, 'position') ?? ''),
    id: textOf(item, 'id') ?? '',
    cluster: textOf(item, 'cluster') ?? '',
    object: textOf(item, 'object') ?? '',
    outcome: OUTCOMES.find((known) => known === outcome) ?? 'dead',
    ...(alert !== undefined && { alert }),
    reason: `this record cannot be read: ${unreadableText(deliveryRecordCodec, decoded)}`,
  }
}

function bodyText(item: Item): string | undefined {
  const bytes = bytesOf(item, 'body')
  if (!bytes) return textOf(item, 'body')
  try {
    return gunzipSync(bytes).toString()
  } catch {
    return undefined
  }
}

/** Digits of the largest time that is exact. */
const TIME_DIGITS = 16

/** A time as text that sorts as times do. Milliseconds since the epoch. */
export function timeKey(time: number): string {
  const whole = Math.min(Math.max(0, Math.ceil(time)), Number.MAX_SAFE_INTEGER)
  return String(whole).padStart(TIME_DIGITS, '0')
}

/** Where a record stands in an index. */
export function positionOf({ acceptedAt, id }: Pick<LedgerRecord, 'acceptedAt' | 'id'>): string {
  return `${timeKey(acceptedAt)}#${id}`
}

/** What `positionOf` was made of. */
export function parsePosition(position: string): Pick<LedgerRecord, 'acceptedAt' | 'id'> {
  return {
    acceptedAt: Number(position.slice(0, TIME_DIGITS)),
    id: position.slice(TIME_DIGITS + 1),
  }
}

function nameOf(identity: Identity | undefined): string | undefined {
  return identity && namespacedName(identity)
}

function bodyOf(record: LedgerRecord): { S: string } | { B: Uint8Array } {
  const json = encodeText(deliveryRecordCodec, record)
  if (Buffer.byteLength(json) <= MAX_PLAIN_BYTES) return { S: json }
  const whole = gzipSync(json)
  return { B: whole.length <= MAX_BODY_BYTES ? whole : cutBody(record) }
}

/** Finds by bisection how many of the newest tries fit. */
function cutBody(record: LedgerRecord): Uint8Array {
  const bodyWith = (kept: number) => {
    const attempts = kept === 0 ? [] : record.attempts.slice(-kept)
    return gzipSync(encodeText(deliveryRecordCodec, { ...record, attempts }))
  }
  let best = bodyWith(0)
  if (best.length > MAX_BODY_BYTES) {
    throw new RecordTooLarge(
      `the record of delivery ${record.id} is larger than ${MAX_BODY_BYTES} bytes when compressed`,
    )
  }
  let [kept, tooMany] = [0, record.attempts.length]
  while (tooMany - kept > 1) {
    const middle = Math.floor((kept + tooMany) / 2)
    const body = bodyWith(middle)
    if (body.length <= MAX_BODY_BYTES) [kept, best] = [middle, body]
    else tooMany = middle
  }
  return best
}
