import { randomBytes } from 'node:crypto'
import type { ExpectedVersion } from '../../relay/ports/versioned.ts'
import { type Item, namesOf, numberOf } from './dynamodb-item.ts'
import { EXPIRY_ATTRIBUTE, TTL_ATTRIBUTE } from './tables.ts'

/** The attributes of an item that is written by compare-and-set, and the condition of the write. */
export interface VersionedAttributes {
  readonly item: Item
  readonly condition: {
    readonly ConditionExpression: string
    readonly ExpressionAttributeNames: Record<string, string>
    readonly ExpressionAttributeValues: Item
  }
}

const NAMES = namesOf('version', 'writtenBy', EXPIRY_ATTRIBUTE)

/** The condition that an item has not expired at `:now`. */
export const UNEXPIRED = `(attribute_not_exists(#${EXPIRY_ATTRIBUTE}) OR #${EXPIRY_ATTRIBUTE} > :now)`

/**
 * The length of a writer's name: as few bytes as make it unique among the writes of an item, since
 * each byte costs.
 */
const WRITER_BYTES = 12

const IS_ABSENT = `attribute_not_exists(#version) OR #${EXPIRY_ATTRIBUTE} <= :now`
const IS_EXPECTED = `(#version = :expected AND ${UNEXPIRED})`

/**
 * Version and expiry, on the condition that the stored item is as expected. `expiresAt`:
 * milliseconds since the epoch; undefined for an item that never expires.
 *
 * Each write has a name, `writtenBy`: when an answer is lost the SDK sends the request again, and
 * that must not fail on what it stored itself.
 */
export function versionedAttributes(
  expected: ExpectedVersion,
  expiresAt: number | undefined,
  now: number,
): VersionedAttributes {
  const version = expected === 'absent' ? 1 : expected + 1
  const writtenBy = { B: randomBytes(WRITER_BYTES) }
  return {
    item: { version: { N: String(version) }, writtenBy, ...expiryAttributes(expiresAt) },
    condition: {
      ConditionExpression: `${expected === 'absent' ? IS_ABSENT : IS_EXPECTED} OR #writtenBy = :writtenBy`,
      ExpressionAttributeNames: NAMES,
      ExpressionAttributeValues: {
        ':now': { N: String(now) },
        ':writtenBy': writtenBy,
        ...(expected !== 'absent' && { ':expected': { N: String(expected) } }),
      },
    },
  }
}

/** The attributes by which readers and DynamoDB's TTL know when an item expires. */
export function expiryAttributes(expiresAt: number | undefined): Item {
  if (expiresAt === undefined) return {}
  return {
    [EXPIRY_ATTRIBUTE]: { N: String(expiresAt) },
    // Rounded up: what may still be read is not deleted.
    [TTL_ATTRIBUTE]: { N: String(Math.ceil(expiresAt / 1_000)) },
  }
}

/**
 * Whether an item counts as absent, because it has expired. `now` is in milliseconds since the
 * epoch.
 */
export function hasExpired(item: Item, now: number): boolean {
  const expiresAt = numberOf(item, EXPIRY_ATTRIBUTE)
  return expiresAt !== undefined && expiresAt <= now
}
