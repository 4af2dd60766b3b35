import { type BatchGetOptions, type BatchGetRequest, getAll, MAX_KEYS } from './batch-get.ts'
import type { Item } from './dynamodb-item.ts'
import type { ItemReads } from './item-reads.ts'

/** An item that somebody waits for. */
interface Wanted {
  readonly tableName: string
  readonly key: Item
  readonly mayLag: boolean
  readonly read: PromiseWithResolvers<Item | undefined>
}

/** One request as it is put together. */
interface Draft {
  readonly wanted: Wanted[]
  /** Whether the reads of each table may lag. */
  readonly tables: Map<string, boolean>
}

/**
 * Joins what is asked for within one turn of the event loop, of whatever tables, into one request. Each request
 * costs a wait, and more time of the processor than all that is done with its answer. Who asks for the same
 * item at the same time gets the same answer. When a request fails, all that it was for fails.
 */
export function jointReads(options: BatchGetOptions): ItemReads {
  let asked = new Map<string, Wanted>()

  const ask = (tableName: string, key: Item, mayLag: boolean) => {
    const name = JSON.stringify([tableName, mayLag, key])
    const before = asked.get(name)
    if (before) return before.read.promise
    if (asked.size === 0) setImmediate(readAsked)
    const wanted = { tableName, key, mayLag, read: Promise.withResolvers<Item | undefined>() }
    asked.set(name, wanted)
    return wanted.read.promise
  }
  const readAsked = () => {
    const drafts = draftsOf(asked.values())
    asked = new Map()
    for (const draft of drafts) void answer(draft, options)
  }
  return {
    get: (tableName, key) => ask(tableName, key, false),
    async getMany(tableName, keys, { mayLag }) {
      const read = await Promise.all(keys.map((key) => ask(tableName, key, mayLag)))
      return read.filter((item) => item !== undefined)
    },
  }
}

/** A request has each table once, in one way, and so many keys at most. */
function draftsOf(all: Iterable<Wanted>): readonly Draft[] {
  const drafts: Draft[] = []
  for (const wanted of all) {
    const { tableName, mayLag } = wanted
    const hasRoom = ({ wanted: others, tables }: Draft) =>
      others.length < MAX_KEYS && (tables.get(tableName) ?? mayLag) === mayLag
    let draft = drafts.find(hasRoom)
    if (!draft) {
      draft = { wanted: [], tables: new Map() }
      drafts.push(draft)
    }
    draft.wanted.push(wanted)
    draft.tables.set(tableName, mayLag)
  }
  return drafts
}

/** Never rejects: who waits is told. */
async function answer({ wanted }: Draft, options: BatchGetOptions): Promise<void> {
  try {
    const found = await getAll(requestOf(wanted), options)
    for (const { tableName, key, read } of wanted) {
      read.resolve(found.get(tableName)?.find((item) => hasKey(item, key)))
    }
  } catch (error) {
    for (const { read } of wanted) read.reject(error)
  }
}

function requestOf(wanted: readonly Wanted[]): BatchGetRequest {
  const request: Record<string, { Keys: Item[]; ConsistentRead: boolean }> = {}
  for (const { tableName, key, mayLag } of wanted) {
    request[tableName] ??= { Keys: [], ConsistentRead: !mayLag }
    request[tableName].Keys.push(key)
  }
  return request
}

/** All keys of the tables are strings. */
function hasKey(item: Item, key: Item): boolean {
  return Object.entries(key).every(([name, { S: value }]) => item[name]?.S === value)
}
