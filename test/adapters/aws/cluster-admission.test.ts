import { afterEach, beforeEach, expect, it } from 'vitest'
import { ClusterAdmission } from '../../../adapters/aws/cluster-admission.ts'
import { writeMode } from '../../../adapters/aws/cluster-modes.ts'
import { DynamoDbTokens } from '../../../adapters/aws/cluster-tokens.ts'
import { CONFIG_TABLE } from '../../../adapters/aws/tables.ts'
import { tokenHash } from '../../../relay/api/credentials.ts'
import { dynamoDb, type OpenTable } from '../../support/dynamo-db.ts'

const { openTable } = dynamoDb()
let table: OpenTable

beforeEach(async () => {
  table = await openTable(CONFIG_TABLE)
})

afterEach(() => table.close())

/** What somebody has who admits clusters. `keys`: what Secrets Manager holds of them. */
function admissionWith(keys: Map<string, readonly string[]>) {
  const secrets = {
    hasTokens: async (cluster: string) => keys.has(cluster),
    async createTokens(cluster: string, tokens: readonly string[]) {
      keys.set(cluster, tokens)
      return true
    },
    async replaceTokens(cluster: string, tokens: readonly string[]) {
      keys.set(cluster, tokens)
      return true
    },
  }
  const reader = { read: async (cluster: string) => keys.get(cluster) }
  const hashes = new DynamoDbTokens({ ...table, keys: reader })
  const admission = new ClusterAdmission({ hashes, keys: reader, secrets })
  return { hashes, admission, keys: reader, secrets }
}

it.each([false, true])('keeps all of changes at the same time, with keys: %s', async (hasKeys) => {
  const keys = new Map<string, readonly string[]>()
  const { hashes, admission } = admissionWith(keys)
  await admission.create('prod', ['a'], { hasKeys, isObserved: false })
  const added = ['b', 'c', 'd']
  const add = (token: string) => admission.replace('prod', (tokens) => [token, ...tokens])
  expect(await Promise.all(added.map(add))).toEqual([true, true, true])
  const wanted = ['a', ...added].map(tokenHash).toSorted()
  expect((await hashes.readHashes('prod'))?.hashes.toSorted()).toEqual(wanted)
  if (hasKeys) expect(keys.get('prod')?.toSorted()).toEqual(['a', ...added])
})

it('goes on after a change that was stopped before its keys were written', async () => {
  const keys = new Map<string, readonly string[]>()
  const { hashes, admission } = admissionWith(keys)
  await admission.create('prod', ['a'], { hasKeys: true, isObserved: false })
  const lost = { hashes: ['lost', 'a'].map(tokenHash), hasKeys: true }
  await hashes.writeHashes('prod', lost, 'any')
  expect(await admission.replace('prod', (tokens) => ['b', ...tokens])).toBe(true)
  expect((await hashes.readHashes('prod'))?.hashes).toEqual(['b', 'a'].map(tokenHash))
  expect(keys.get('prod')).toEqual(['b', 'a'])
})

it.each([
  { revokes: false, isObserved: true },
  { revokes: true, isObserved: true },
  { revokes: false, isObserved: false },
  { revokes: true, isObserved: false },
])(
  'keeps a mode that is set while the tokens change: $isObserved, revoking $revokes',
  async ({ revokes, isObserved }) => {
    const { hashes, admission, ...parts } = admissionWith(new Map())
    const before = { hasKeys: false, isObserved: !isObserved }
    await admission.create('prod', ['b', 'a'], before)
    let reads = 0
    const meanwhile = new ClusterAdmission({
      ...parts,
      hashes: {
        writeHashes: (...written) => hashes.writeHashes(...written),
        async readHashes(cluster) {
          const read = await hashes.readHashes(cluster)
          reads += 1
          if (reads === 1) await writeMode(table.client, table.tableName, cluster, isObserved)
          return read
        },
      },
    })
    const edit = (tokens: readonly string[]) => [...(revokes ? [] : ['c']), ...tokens.slice(0, 1)]
    expect(await meanwhile.replace('prod', edit)).toBe(true)
    expect(await hashes.readHashes('prod')).toMatchObject({
      hashes: (revokes ? ['b'] : ['c', 'b']).map(tokenHash),
      isObserved,
    })
  },
)
