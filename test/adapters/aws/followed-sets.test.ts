import { afterEach, beforeEach, expect, it } from 'vitest'
import { DynamoDbConfigStore } from '../../../adapters/aws/dynamodb-config.ts'
import { FollowedSets, type UnfollowedSet } from '../../../adapters/aws/followed-sets.ts'
import { RetiredConfigs } from '../../../adapters/aws/retired-config.ts'
import { CONFIG_TABLE } from '../../../adapters/aws/tables.ts'
import type { ConfigSnapshot } from '../../../relay/model/config.ts'
import { dynamoDb, type OpenTable } from '../../support/dynamo-db.ts'

const SETTLED_AFTER_MS = 30_000

const { openTable } = dynamoDb()
let table: OpenTable
let configs: DynamoDbConfigStore
let followed: FollowedSets

beforeEach(async () => {
  table = await openTable(CONFIG_TABLE)
  configs = new DynamoDbConfigStore(table)
  followed = new FollowedSets(table)
})

afterEach(() => table.close())

it('knows no set of a cluster without one', async () => {
  expect(await followed.unfollowed('prod')).toBeUndefined()
})

it('follows a set once it has settled, also one that is confirmed, and not the next', async () => {
  await configs.replace(snapshot(1))
  const first = await unfollowedSet()
  await followed.follow(first, table.clock.now())
  expect(await followed.unfollowed('prod')).toEqual(first)

  table.clock.advance(SETTLED_AFTER_MS)
  await configs.replace(snapshot(2))
  expect(await followed.unfollowed('prod')).toEqual(first)
  await followed.follow(first, table.clock.now())
  await configs.replace(snapshot(3))
  expect(await followed.unfollowed('prod')).toBeUndefined()

  await configs.replace(snapshot(4, false))
  expect(await unfollowedSet()).not.toEqual(first)
})

it('notes nothing of a set that came meanwhile', async () => {
  await configs.replace(snapshot(1))
  const first = await unfollowedSet()
  await configs.replace(snapshot(2, false))
  table.clock.advance(SETTLED_AFTER_MS)
  await followed.follow(first, table.clock.now())
  expect((await unfollowedSet()).setId).not.toBe(first.setId)
})

it('follows a set again that was out of use', async () => {
  await configs.replace(snapshot(1))
  table.clock.advance(SETTLED_AFTER_MS)
  await followed.follow(await unfollowedSet(), table.clock.now())
  const retired = new RetiredConfigs(table)
  await retired.retire('prod', 60_000)
  await retired.restore('prod')
  expect(await followed.unfollowed('prod')).toBeDefined()
})

async function unfollowedSet(): Promise<UnfollowedSet> {
  const set = await followed.unfollowed('prod')
  if (set === undefined) throw new Error('all is done')
  return set
}

function snapshot(takenAt: number, ready = true): ConfigSnapshot {
  const object = { kind: 'Alert', namespace: 'flux-system', name: 'on-call' }
  return {
    ...{ cluster: 'prod', revision: 'r1', takenAt, manifests: [] },
    objects: [{ ...object, ready, reason: 'Succeeded', message: 'Initialized' }],
  }
}
