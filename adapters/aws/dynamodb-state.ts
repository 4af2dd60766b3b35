import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { parseState } from '../../relay/model/stored/state-value.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { StateStore } from '../../relay/ports/state-store.ts'
import type { ExpectedVersion, Versioned } from '../../relay/ports/versioned.ts'
import { MalformedItem, numberOf, textOf, wasWritten } from './dynamodb-item.ts'
import { type ItemReads, separateReads } from './item-reads.ts'
import { hasExpired, versionedAttributes } from './versioned-item.ts'

export interface TableOptions {
  readonly client: DynamoDBClient
  readonly tableName: string
  readonly clock: Clock
  /** Absent: each item is read by itself. */
  readonly reads?: ItemReads
}

/** The State on DynamoDB (`STATE_TABLE`): one item for each key, with the value as JSON text. */
export class DynamoDbStateStore implements StateStore {
  readonly #client: DynamoDBClient
  readonly #tableName: string
  readonly #clock: Clock
  readonly #reads: ItemReads

  constructor({ client, tableName, clock, reads }: TableOptions) {
    this.#client = client
    this.#tableName = tableName
    this.#clock = clock
    this.#reads = reads ?? separateReads({ client, clock })
  }

  async read(key: string): Promise<Versioned<unknown> | undefined> {
    const item = await this.#reads.get(this.#tableName, { id: { S: key } })
    if (!item || hasExpired(item, this.#clock.now())) return undefined
    const [json, version] = [textOf(item, 'value'), numberOf(item, 'version')]
    if (json === undefined || version === undefined) {
      throw new MalformedItem(this.#tableName, key)
    }
    return { value: parseState(json), version }
  }

  /** Rejects with a TypeError for a value that JSON cannot hold. */
  async write(
    key: string,
    value: unknown,
    expected: ExpectedVersion,
    expiresAt: number,
  ): Promise<boolean> {
    const { item, condition } = versionedAttributes(expected, expiresAt, this.#clock.now())
    const Item = { ...item, id: { S: key }, value: { S: jsonOf(value) } }
    const put = new PutItemCommand({ TableName: this.#tableName, Item, ...condition })
    return wasWritten(this.#client.send(put))
  }
}

function jsonOf(value: unknown): string {
  const json: string | undefined = JSON.stringify(value)
  if (json === undefined) throw new TypeError('JSON cannot hold this value')
  return json
}
