import { describe, expect, it } from 'vitest'
import {
  CONFIG_TABLE,
  LEDGER_TABLE,
  STATE_TABLE,
  type TableDefinition,
  TTL_ATTRIBUTE,
} from '../../adapters/aws/tables.ts'
import { synth } from './synth.ts'

const { relayTemplate: template } = synth()

describe('tables', () => {
  it.each([
    ['Config', CONFIG_TABLE],
    ['State', STATE_TABLE],
    ['Ledger', LEDGER_TABLE],
  ])('%s has the keys and indexes that the stores use', (name, definition) => {
    const [table] = tablesOf(name)
    expect(table?.DeletionPolicy).toBe('Retain')
    expect(table?.UpdateReplacePolicy).toBe('Retain')
    expect(table?.Properties).toMatchObject({
      KeySchema: keySchema(definition.key),
      BillingMode: 'PAY_PER_REQUEST',
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      TimeToLiveSpecification: { AttributeName: TTL_ATTRIBUTE, Enabled: true },
    })
    expect(table?.Properties.GlobalSecondaryIndexes).toEqual(indexesOf(definition))
    for (const replica of table?.Properties.Replicas ?? []) {
      expect(replica.PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true })
    }
  })

  function tablesOf(name: string) {
    return Object.entries(template.findResources('AWS::DynamoDB::GlobalTable'))
      .filter(([id]) => id.startsWith(`Tables${name}`))
      .map(([, table]) => table)
  }

  function keySchema({ partition, sort }: { partition: string; sort?: string }) {
    const range = sort === undefined ? [] : [{ AttributeName: sort, KeyType: 'RANGE' }]
    return [{ AttributeName: partition, KeyType: 'HASH' }, ...range]
  }

  function indexesOf({ indexes, projected }: TableDefinition) {
    if (indexes.length === 0) return undefined
    return indexes.map(({ name, key, projected: own }) => ({
      IndexName: name,
      KeySchema: keySchema(key),
      Projection: { NonKeyAttributes: [...(own ?? projected)], ProjectionType: 'INCLUDE' },
    }))
  }
})
