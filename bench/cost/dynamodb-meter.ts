import type { Tally } from './counts.ts'
import {
  type IndexShape,
  type ItemJson,
  itemBytes,
  readUnits,
  type TableShape,
  writeUnits,
} from './dynamodb-units.ts'

type Json = Readonly<Record<string, unknown>>

/** Asks DynamoDB itself, beside what is counted. */
export type AskDynamoDb = (operation: string, input: Json) => Promise<Json>

/** One call, before it is passed on; what it gives takes the answer. */
type Meter = (input: Json) => Promise<(answer: Json) => Promise<void>>

/** Counts the units of DynamoDB's calls by the sizes of the items that they touch. */
export function createDynamoDbMeter(
  ask: AskDynamoDb,
  tables: ReadonlyMap<string, TableShape>,
  tally: () => Tally,
) {
  const shapeOf = (name: string) => {
    const shape = tables.get(name)
    if (!shape) throw new Error(`the bench knows no table ${name}`)
    return shape
  }
  /** What the tables hold: all of it was written through here. */
  const items = new Map<string, ItemJson | undefined>()
  const put: Meter = async (input) => {
    const { TableName, Item } = input as { TableName: string; Item: ItemJson }
    const key = keyOf(TableName, Item)
    return async () => countWrite(TableName, key, Item)
  }
  const change: Meter = async (input) => {
    const { TableName, Key } = input as { TableName: string; Key: ItemJson }
    return async () => {
      const { Item } = await ask('GetItem', { TableName, Key, ConsistentRead: true })
      countWrite(TableName, keyOf(TableName, Key), Item as ItemJson | undefined)
    }
  }
  const keyOf = (table: string, item: ItemJson) =>
    JSON.stringify([table, ...shapeOf(table).keys.map((key) => item[key])])
  const countWrite = (table: string, key: string, after: ItemJson | undefined) => {
    const counted = tally()
    counted.writeUnits += writeUnits(shapeOf(table), items.get(key), after)
    items.set(key, after)
    const bytes = after ? itemBytes(after) : 0
    counted.largestItems[table] = Math.max(bytes, counted.largestItems[table] ?? 0)
  }
  const search: Meter = async (input) => {
    const whole: Record<string, unknown> = { ...input }
    for (const name of ['ProjectionExpression', 'FilterExpression']) delete whole[name]
    const used = `${input.KeyConditionExpression ?? ''}`
    for (const name of ['ExpressionAttributeNames', 'ExpressionAttributeValues']) {
      const given = Object.entries((input[name] ?? {}) as Json)
      const needed = given.filter(([placeholder]) => new RegExp(`${placeholder}\\b`).test(used))
      if (needed.length > 0) whole[name] = Object.fromEntries(needed)
      else delete whole[name]
    }
    const operation = input.KeyConditionExpression === undefined ? 'Scan' : 'Query'
    const { Items = [] } = (await ask(operation, whole)) as { Items?: ItemJson[] }
    const bytes = Items.reduce((sum, item) => sum + itemBytes(item), 0)
    return async () => {
      tally().readUnits += readUnits(bytes, input.ConsistentRead === true)
    }
  }
  const meters: Readonly<Record<string, Meter>> = {
    GetItem:
      async ({ ConsistentRead }) =>
      async ({ Item }) => {
        const bytes = Item === undefined ? 0 : itemBytes(Item as ItemJson)
        tally().readUnits += readUnits(bytes, ConsistentRead === true)
      },
    BatchGetItem: async (input) => async (answer) => {
      for (const [name, request] of Object.entries(input.RequestItems as Json)) {
        const { Keys, ConsistentRead } = request as { Keys: unknown[]; ConsistentRead?: boolean }
        const found = ((answer.Responses ?? {}) as Record<string, ItemJson[]>)[name] ?? []
        const sizes = [...found.map(itemBytes), ...Keys.slice(found.length).map(() => 0)]
        for (const bytes of sizes) tally().readUnits += readUnits(bytes, ConsistentRead === true)
      }
    },
    PutItem: put,
    UpdateItem: change,
    DeleteItem: change,
    Query: search,
    Scan: search,
  }
  return (operation: string, input: Json) => {
    const meter = meters[operation]
    if (!meter) throw new Error(`the bench cannot bill ${operation}`)
    return meter(input)
  }
}

/** A table as CloudFormation's `AWS::DynamoDB::GlobalTable` has it. */
export function tableShape(properties: Json): TableShape {
  type Key = { readonly AttributeName: string }
  const names = (schema: unknown) => (schema as Key[]).map(({ AttributeName }) => AttributeName)
  const indexes = (properties.GlobalSecondaryIndexes ?? []) as Json[]
  return {
    keys: names(properties.KeySchema),
    indexes: indexes.map(({ KeySchema, Projection }): IndexShape => {
      const { ProjectionType, NonKeyAttributes = [] } = Projection as {
        ProjectionType: string
        NonKeyAttributes?: string[]
      }
      const projected = ProjectionType === 'ALL' ? undefined : NonKeyAttributes
      return { keys: names(KeySchema), projected }
    }),
  }
}
