import { randomBytes } from 'node:crypto'
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeMode } from '../../../adapters/aws/cluster-modes.ts'
import { DynamoDbTokens } from '../../../adapters/aws/cluster-tokens.ts'
import { MAX_CHUNK_BYTES } from '../../../adapters/aws/config-chunks.ts'
import { DynamoDbConfigStore } from '../../../adapters/aws/dynamodb-config.ts'
import { jointReads } from '../../../adapters/aws/joint-reads.ts'
import { CONFIG_TABLE } from '../../../adapters/aws/tables.ts'
import { tokenHash } from '../../../relay/api/credentials.ts'
import type { ConfigSnapshot } from '../../../relay/model/config.ts'
import { dynamoDb, type OpenTable } from '../../support/dynamo-db.ts'
import { connectionReset, intercept } from '../../support/intercept.ts'
import { START } from '../../support/manual-clock.ts'

const HOUR_MS = 3_600_000

const { openTable } = dynamoDb()
let table: OpenTable
/** A writer and a reader, as two containers. */
let writer: DynamoDbConfigStore
let reader: DynamoDbConfigStore

beforeEach(async () => {
  table = await openTable(CONFIG_TABLE)
  writer = new DynamoDbConfigStore(table)
  reader = new DynamoDbConfigStore(table)
})

afterEach(() => table.close())

describe('DynamoDbConfigStore', () => {
  it('cuts a large set into chunks that fit into items', async () => {
    const large = snapshot(1, 1_000_000)
    await writer.replace(large)
    const sizes = (await table.items()).flatMap(({ data }) => data?.B?.length ?? [])
    expect(sizes.length).toBeGreaterThan(2)
    expect(Math.max(...sizes)).toBe(MAX_CHUNK_BYTES)
    expect(await reader.read('prod')).toEqual(large)
  })

  it('reads a few megabytes at most to tidy up, however many replaced sets are not deleted yet', async () => {
    for (let number = 1; number <= 9; number += 1) await writer.replace(snapshot(number, 1_000_000))
    const itemsRead = countItemsRead()
    await writer.replace(snapshot(10))
    // Of 28 chunks; how many fit into a page depends on the order of their random keys.
    expect(itemsRead()).toBeLessThanOrEqual(16)
    // Of what was replaced nothing is left without an end.
    expect(await lastingChunks()).toHaveLength(1)
  })

  it('leaves the old set whole when it fails between chunks and pointer', async () => {
    const old = snapshot(1, 800_000)
    await writer.replace(old)
    const { client } = table
    intercept(client, async ({ operation, input }, pass) => {
      const isPointer = operation === 'UpdateItem' && JSON.stringify(input).includes('takenAt')
      if (isPointer) throw Object.assign(new Error('crash'), { name: 'Crash' })
      return pass()
    })
    await expect(writer.replace(snapshot(2, 800_000))).rejects.toThrow('crash')
    client.middlewareStack.remove('intercept')
    expect(await reader.read('prod')).toEqual(old)

    // The next replacement, once nobody can be at work on them, marks what the crash left.
    table.clock.advance(HOUR_MS)
    await writer.replace(snapshot(3))
    expect(await lastingChunks()).toHaveLength(1)
    expect(await writer.read('prod')).toEqual(snapshot(3))
  })

  it('lets the chunks of a replaced set expire, an hour later', async () => {
    await writer.replace(snapshot(1))
    await writer.replace(snapshot(2))
    const chunks = (await table.items()).filter(({ part }) => part?.S?.startsWith('chunk#'))
    const expiries = chunks.map(({ expiresAt }) => expiresAt?.N)
    expect(expiries.sort()).toEqual([String((START + HOUR_MS) / 1_000), undefined])
  })

  it('leaves alone the chunks of another writer who has not flipped yet', async () => {
    await writer.replace(snapshot(1))
    const other = new DynamoDbConfigStore(table)
    intercept(table.client, async ({ operation, input }, pass) => {
      const isPointer = operation === 'UpdateItem' && JSON.stringify(input).includes('takenAt')
      if (isPointer) {
        table.client.middlewareStack.remove('intercept')
        await other.replace(snapshot(2))
      }
      return pass()
    })
    expect(await writer.replace(snapshot(3))).toBe('replaced')
    expect(await reader.read('prod')).toEqual(snapshot(3))
    const live = (await lastingChunks()).length
    expect(live).toBe(2)
  })

  it('writes no chunk of a set that is sent again, only its time', async () => {
    await writer.replace(snapshot(1))
    const again = { ...snapshot(1), takenAt: START + 600_000 }
    const operations: string[] = []
    intercept(table.client, async ({ operation }, pass) => {
      operations.push(operation)
      return pass()
    })
    expect(await writer.replace(again)).toBe('replaced')
    expect(operations).toEqual(['GetItem', 'UpdateItem'])
    expect(await writer.read('prod')).toEqual(again)
    expect(await writer.replace({ ...snapshot(1), takenAt: START + 599_999 })).toBe('stale')
  })

  it('writes a set whole when it was replaced while it was confirmed', async () => {
    await writer.replace(snapshot(1))
    const other = new DynamoDbConfigStore(table)
    intercept(table.client, async ({ operation }, pass) => {
      if (operation === 'UpdateItem') {
        table.client.middlewareStack.remove('intercept')
        await other.replace(snapshot(2))
      }
      return pass()
    })
    const again = { ...snapshot(1), takenAt: START + 3 }
    expect(await writer.replace(again)).toBe('replaced')
    expect(await reader.read('prod')).toEqual(again)
  })

  describe('the mode of a cluster', () => {
    const setMode = (isObserved: boolean) =>
      writeMode(table.client, table.tableName, 'prod', isObserved)
    const admit = () =>
      new DynamoDbTokens({ ...table, keys: { read: async () => undefined } }).writeHashes(
        'prod',
        { hashes: ['a'.repeat(64)], hasKeys: false, isObserved: true },
        'none',
      )

    it('is live without tokens and set, and cannot be changed', async () => {
      expect(await setMode(true)).toBe(false)
      expect(await reader.isObserved('prod')).toBe(false)
      expect(await table.items()).toEqual([])
    })

    it('counts for the next read, and stays when the set is replaced or confirmed', async () => {
      await writer.replace(snapshot(1))
      expect(await setMode(true)).toBe(true)
      expect(await reader.isObserved('prod')).toBe(true)
      await writer.replace(snapshot(2))
      await writer.replace({ ...snapshot(2), takenAt: START + 600_000 })
      expect(await reader.isObserved('prod')).toBe(true)
      await setMode(false)
      expect(await reader.isObserved('prod')).toBe(false)
    })

    it('comes from the tokens for the first set', async () => {
      await admit()
      await writer.replace(snapshot(1))
      expect(await reader.isObserved('prod')).toBe(true)
    })

    it('is the later one when it changes while the first set is stored', async () => {
      await admit()
      intercept(table.client, async ({ operation, input }, pass) => {
        if (operation === 'UpdateItem' && JSON.stringify(input).includes('takenAt')) {
          table.client.middlewareStack.remove('intercept')
          await setMode(false)
        }
        return pass()
      })
      await writer.replace(snapshot(1))
      expect(await reader.isObserved('prod')).toBe(false)
    })

    it('is read with the revision, by one request', async () => {
      await writer.replace(snapshot(1))
      const dispatch = new DynamoDbConfigStore({ ...table, reads: jointReads(table) })
      const requests: object[] = []
      intercept(table.client, async ({ input }, pass) => {
        requests.push(input)
        return pass()
      })
      const { revision } = snapshot(1)
      await Promise.all([dispatch.read('prod', revision), dispatch.isObserved('prod')])
      const [request] = requests
      expect(requests).toHaveLength(1)
      expect(JSON.stringify(request).match(/current/g)).toHaveLength(1)
    })
  })

  it('stores new readiness of the same objects', async () => {
    await writer.replace(snapshot(1))
    const readiness = { kind: 'Alert', namespace: 'a', name: 'b', ready: false }
    const changed = {
      ...snapshot(1),
      objects: [{ ...readiness, reason: 'ProviderNotFound', message: '' }],
    }
    await writer.replace(changed)
    expect(await reader.read('prod')).toEqual(changed)
  })

  it('shows a reader at once what another one wrote', async () => {
    expect(await reader.read('prod')).toBeUndefined()
    await writer.replace(snapshot(1))
    expect(await reader.read('prod')).toEqual(snapshot(1))
    expect(await reader.read('prod', 'r1')).toBe('unchanged')
    await writer.replace(snapshot(2))
    expect(await reader.read('prod', 'r1')).toEqual(snapshot(2))
  })

  it('costs one small read when nothing has changed', async () => {
    await writer.replace(snapshot(1, 800_000))
    const requests: object[] = []
    intercept(table.client, async ({ operation, input }, pass) => {
      requests.push({ operation, ...input })
      return pass()
    })
    expect(await reader.read('prod', 'r1')).toBe('unchanged')
    expect(requests).toMatchObject([{ operation: 'GetItem', ConsistentRead: true }])
  })

  it('reads the pointer again when a chunk of the old set is gone', async () => {
    await writer.replace(snapshot(1))
    intercept(table.client, async (_, pass) => {
      table.client.middlewareStack.remove('intercept')
      const oldPointer = await pass()
      await deleteChunks()
      await writer.replace(snapshot(2))
      return oldPointer
    })
    expect(await reader.read('prod')).toEqual(snapshot(2))
  })

  it('rejects when a chunk of the current set is gone', async () => {
    await writer.replace(snapshot(1))
    await deleteChunks()
    await expect(reader.read('prod')).rejects.toThrow('lost a part; send it again')
  })

  it('does not fail a replacement that stands because tidying up failed', async () => {
    await writer.replace(snapshot(1))
    intercept(table.client, async ({ operation }, pass) => {
      if (operation === 'Query') throw new Error('no rights')
      return pass()
    })
    expect(await writer.replace(snapshot(2))).toBe('replaced')
  })
})

/** Counts the requests on the table, and loses the answer to the first one, until it is stopped. */
function loseFirstAnswer() {
  let requests = 0
  const stop = intercept(table.client, async (_, pass) => {
    requests += 1
    const answer = await pass()
    if (requests === 1) throw connectionReset()
    return answer
  })
  return { count: () => requests, stop }
}

/** Counts the items that queries of the table read, and so pay for. */
function countItemsRead() {
  let items = 0
  intercept(table.client, async (_, pass) => {
    const output = await pass()
    items += Number(Object(output).ScannedCount ?? 0)
    return output
  })
  return () => items
}

describe('DynamoDbTokens', () => {
  it('writes the tokens of a new cluster once, also when the answer is lost', async () => {
    const tokens = new DynamoDbTokens({ ...table, keys: { read: async () => undefined } })
    const write = (hash: string) =>
      tokens.writeHashes('prod', { hashes: [hash.repeat(64)], hasKeys: false }, 'none')
    const sent = loseFirstAnswer()
    expect([await write('a'), sent.count()]).toEqual([true, 2])
    sent.stop()
    expect(await write('b')).toBe(false)
    expect(await tokens.readHashes('prod')).toMatchObject({ hashes: ['a'.repeat(64)] })
  })

  it('reads none of the sets of before beside the tokens', async () => {
    const tokens = new DynamoDbTokens({ ...table, keys: { read: async () => undefined } })
    const hashes = ['a'.repeat(64)]
    await tokens.writeHashes('prod', { hashes, hasKeys: false }, 'none')
    for (const number of [1, 2, 3, 4]) await writer.replace(snapshot(number, 300_000))
    const itemsRead = countItemsRead()
    expect(await tokens.read('prod')).toMatchObject({ hashes })
    expect(await tokens.readHashes('prod')).toMatchObject({ hashes })
    expect(itemsRead()).toBe(2)
  })

  it('finds the pointer behind sets of before for a cluster whose tokens are elsewhere', async () => {
    const keys = { read: async () => ['a-token'] }
    const tokens = new DynamoDbTokens({ ...table, keys })
    for (const number of [1, 2, 3, 4]) await writer.replace(snapshot(number))
    const itemsRead = countItemsRead()
    expect(await tokens.readHashes('prod')).toBe(undefined)
    expect(await tokens.read('prod')).toMatchObject({ hashes: [tokenHash('a-token')] })
    expect(itemsRead()).toBe(2)
    expect(await tokens.read('dev')).toBe(undefined)
  })

  it('takes tokens out of use once, and knows that it did when the answer is lost', async () => {
    const tokens = new DynamoDbTokens({ ...table, keys: { read: async () => undefined } })
    await tokens.writeHashes('prod', { hashes: ['a'.repeat(64)], hasKeys: false }, 'none')
    const sent = loseFirstAnswer()
    expect([await tokens.retire('prod', 60_000), sent.count()]).toEqual([true, 2])
    sent.stop()
    table.clock.advance(1)
    expect(await tokens.retire('prod', 60_000)).toBe(false)
    expect(await tokens.retire('dev', 60_000)).toBe(false)
  })
})

async function lastingChunks() {
  return (await table.items()).filter(({ data, expiresAt }) => data && !expiresAt)
}

async function deleteChunks(): Promise<void> {
  for (const { cluster, part, data } of await table.items()) {
    if (!data || !cluster || !part) continue
    const { tableName: TableName } = table
    await table.client.send(new DeleteItemCommand({ TableName, Key: { cluster, part } }))
  }
}

/** A set of its own for each number, of about `bytes` that do not compress. */
function snapshot(number: number, bytes = 10): ConfigSnapshot {
  const summary = bytes > 10 ? randomBytes(bytes).toString('base64') : `summary ${number}`
  return {
    cluster: 'prod',
    revision: `r${number}`,
    takenAt: START + number,
    manifests: [{ kind: 'Alert', spec: { summary } }],
    objects: [],
  }
}
