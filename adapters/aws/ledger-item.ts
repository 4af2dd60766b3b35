import {
  decidedOutcomeOf,
  type LedgerRecord,
  type ListedRecord,
  outcomeOf,
  reachedBy,
  type UnreadableRecord,
} from '../../relay/model/delivery.ts'
import { objectName } from '../../relay/model/event.ts'
import { type Identity, namespacedName } from '../../relay/model/kubernetes.ts'
import { OUTCOMES, type Outcome } from '../../relay/model/outcomes.ts'
import {
  decodeText,
  encodeText,
  type StoredReading,
  unreadableText,
} from '../../relay/model/stored/codec.ts'
import { deliveryRecordCodec } from '../../relay/model/stored/delivery-record.ts'
import { RecordTooLarge } from '../../relay/model/stored/record-too-large.ts'
import { dueAttributes } from './due-item.ts'
import { bytesOf, type Item, textIfPresent, textOf } from './dynamodb-item.ts'
import { type APART, compactBody, gzipBody, unpackBody } from './record-body.ts'
import { parsePlace, placeAt } from './time-key.ts'

/**
 * The longest body that stays plain text, which people can read in the console. Up to this length,
 * and in compact form also above it, an item costs one write unit.
 */
const MAX_PLAIN_BYTES = 512

/** The longest plain body of a record that commit 591c4aa must be able to read. */
const MAX_PLAIN_WHOLE_BYTES = 2_048

/**
 * The most bytes of a stored record. An item may have 400 KiB, including names and keys; cluster,
 * Alert, Provider and object take at most 6 KiB of these.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
export const MAX_BODY_BYTES = 390_000

/**
 * All attributes of a record except version and expiry. With `compact`, finished records are stored
 * in a form that commit 591c4aa cannot read (ADR 0044). A record that is too large keeps as many of
 * its newest tries as fit; throws `RecordTooLarge` when it is too large without any.
 */
export function ledgerItem(record: LedgerRecord, compact: boolean): Item {
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
    ...dueAttributes(record),
    body: compact && isDone(record) ? compactBodyOf(record) : bodyOf(record),
  }
}

/**
 * Whether no try can follow. What waits, and what is dead, dismissed or not, may be tried again by
 * whatever version runs then. A test that failed counts as dead: the attribute does not have the outcome of the body.
 */
function isDone(record: LedgerRecord): boolean {
  const outcome = decidedOutcomeOf(record)
  return outcome !== 'retry' && outcome !== 'dead'
}

/** The key by which an undelivered record is found; undefined for a delivered one. */
export function openOutcomeKey(cluster: string, outcome: Outcome): string | undefined {
  return outcome === 'delivered' ? undefined : `${cluster}#${outcome}`
}

/** The record of an item. */
export function recordOf(item: Item): StoredReading<LedgerRecord> {
  const bytes = bytesOf(item, 'body')
  if (!bytes) return decodeText(deliveryRecordCodec, textOf(item, 'body') ?? '')
  const body = unpackBody(bytes)
  if (body.kind !== 'text') return body
  return decodeText(deliveryRecordCodec, body.json, body.isWhole ? undefined : apartIn(item))
}

/** The list entry of an item. A record that cannot be read is shown by the attributes beside it. */
export function listedRecord(item: Item): ListedRecord {
  const decoded = recordOf(item)
  return decoded.kind === 'read' ? decoded.value : unreadableRecord(item, decoded)
}

/** What the attributes beside a record tell when it cannot be read itself. */
function unreadableRecord(
  item: Item,
  decoded: Exclude<StoredReading<LedgerRecord>, { kind: 'read' }>,
): UnreadableRecord {
  const alert = textOf(item, 'alert')
  const provider = textOf(item, 'provider')
  const outcome = textOf(item, 'outcome')
  return {
    kind: 'unreadable',
    ...parsePosition(textOf(item, 'position') ?? ''),
    id: textOf(item, 'id') ?? '',
    cluster: textOf(item, 'cluster') ?? '',
    object: textOf(item, 'object') ?? '',
    outcome: OUTCOMES.find((known) => known === outcome) ?? 'dead',
    ...(alert !== undefined && { alert }),
    ...(provider !== undefined && { provider }),
    reason: `this record cannot be read: ${unreadableText(deliveryRecordCodec, decoded)}`,
  }
}

/**
 * The fields that a compact body leaves to the attributes beside it. People see a Delivery of an
 * observed cluster as observed; it was skipped.
 */
function apartIn(item: Item): Readonly<Record<(typeof APART)[number], unknown>> {
  const outcome = textOf(item, 'outcome')
  return {
    id: textOf(item, 'id'),
    cluster: textOf(item, 'cluster'),
    acceptedAt: parsePosition(textOf(item, 'position') ?? '').acceptedAt,
    outcome: outcome === 'observed' ? 'skipped' : outcome,
  }
}

/** The position of a record in the indexes that list. */
export function positionOf({ acceptedAt, id }: Pick<LedgerRecord, 'acceptedAt' | 'id'>): string {
  return placeAt(acceptedAt, id)
}

/** What `positionOf` was made of. */
export function parsePosition(position: string): Pick<LedgerRecord, 'acceptedAt' | 'id'> {
  const { time, id } = parsePlace(position)
  return { acceptedAt: time, id }
}

function nameOf(identity: Identity | undefined): string | undefined {
  return identity && namespacedName(identity)
}

type Body = { readonly S: string } | { readonly B: Uint8Array }

function compactBodyOf(record: LedgerRecord): Body {
  const stored = deliveryRecordCodec.encode(record)
  const json = JSON.stringify(stored)
  // A time that its position does not tell to the digit stays in the body.
  const isPositioned = parsePosition(positionOf(record)).acceptedAt === record.acceptedAt
  if (Buffer.byteLength(json) <= MAX_PLAIN_BYTES || !isPositioned) return bodyOf(record)
  const body = compactBody(stored)
  return body.length <= MAX_BODY_BYTES ? { B: body } : bodyOf(record)
}

function bodyOf(record: LedgerRecord): Body {
  const json = encodeText(deliveryRecordCodec, record)
  if (Buffer.byteLength(json) <= MAX_PLAIN_WHOLE_BYTES) return { S: json }
  const whole = gzipBody(json)
  return { B: whole.length <= MAX_BODY_BYTES ? whole : cutBody(record) }
}

/** Finds by bisection how many of the newest tries fit into the body. */
function cutBody(record: LedgerRecord): Uint8Array {
  const bodyWith = (kept: number) => {
    const attempts = kept === 0 ? [] : record.attempts.slice(-kept)
    return gzipBody(encodeText(deliveryRecordCodec, { ...record, attempts }))
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
