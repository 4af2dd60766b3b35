import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb'
import {
  CHANGED_AT_ATTRIBUTE,
  FOLLOWED_ATTRIBUTE,
  OBSERVED_ATTRIBUTE,
  POINTER,
  type Pointer,
  pointerItem,
  RETIRED_ATTRIBUTE,
} from './config-chunks.ts'
import { type Item, namesOf } from './dynamodb-item.ts'
import { EXPIRY_ATTRIBUTE, TTL_ATTRIBUTE } from './tables.ts'

export interface FlipOptions {
  /** The name of the set that the pointer must name before. */
  readonly sameSet?: string
  /** The mode of the cluster; it stays as it is without. */
  readonly observed?: boolean
}

/** The attributes of a pointer that the next one may lack. */
const PASSING = [
  ...['heardAt', 'shipper', CHANGED_AT_ATTRIBUTE, FOLLOWED_ATTRIBUTE],
  ...[RETIRED_ATTRIBUTE, TTL_ATTRIBUTE, EXPIRY_ATTRIBUTE],
]

/**
 * The update that puts a pointer in the place of one that was not taken later. It is no replacement of
 * the item, since the mode of the cluster is there too, and somebody may change that meanwhile.
 */
export function pointerFlip(
  cluster: string,
  pointer: Pointer,
  { sameSet, observed }: FlipOptions,
): Omit<UpdateItemCommandInput, 'TableName'> {
  const { cluster: _cluster, part: _part, ...attributes } = pointerItem(cluster, pointer)
  const set: Item = { ...attributes, ...(observed && { [OBSERVED_ATTRIBUTE]: { BOOL: true } }) }
  const names = Object.keys(set)
  const passing = observed === undefined ? PASSING : [...PASSING, OBSERVED_ATTRIBUTE]
  const removed = passing.filter((name) => !names.includes(name))
  const sets = names.map((name) => `#${name} = :${name}`)
  const isOlder = '(attribute_not_exists(#takenAt) OR #takenAt <= :takenAt)'
  return {
    Key: { cluster: { S: cluster }, part: { S: POINTER } },
    UpdateExpression: `SET ${sets.join(', ')} REMOVE ${removed.map((name) => `#${name}`).join(', ')}`,
    ConditionExpression: sameSet === undefined ? isOlder : `${isOlder} AND #setId = :sameSet`,
    ExpressionAttributeNames: namesOf(...names, ...removed),
    ExpressionAttributeValues: {
      ...Object.fromEntries(Object.entries(set).map(([name, value]) => [`:${name}`, value])),
      ...(sameSet !== undefined && { ':sameSet': { S: sameSet } }),
    },
  }
}
