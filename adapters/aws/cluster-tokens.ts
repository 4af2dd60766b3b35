import {
  type DynamoDBClient,
  PutItemCommand,
  type PutItemCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { type ClusterTokens, tokenHash } from '../../relay/api/credentials.ts'
import { ClusterName } from '../../relay/model/config.ts'
import { type Expiry, expiresIn, isOver } from '../../relay/model/expiry.ts'
import { keepLatest } from '../../relay/model/latest.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import {
  isObservedItem,
  NEWEST_AT_ATTRIBUTE,
  OBSERVED_ATTRIBUTE,
  POINTER,
  RETIRED_ATTRIBUTE,
  TOKENS,
} from './config-chunks.ts'
import { type Item, MalformedItem, namesOf, numberOf, textOf, wasWritten } from './dynamodb-item.ts'
import { lastItem } from './last-item.ts'
import type { SecretsManagerTokens } from './secrets-manager.ts'
import { EXPIRY_ATTRIBUTE, TTL_ATTRIBUTE } from './tables.ts'
import { expiryAttributes, hasExpired } from './versioned-item.ts'

export interface DynamoDbTokensOptions {
  readonly client: DynamoDBClient
  /** The name of the table: `CONFIG_TABLE`. */
  readonly tableName: string
  readonly clock: Clock
  /**
   * Reads the keys of signatures, and the tokens of clusters that were created before tokens were
   * stored as hashes.
   */
  readonly keys: Pick<SecretsManagerTokens, 'read'>
  /** How long credentials are remembered, in milliseconds; the default is five minutes. */
  readonly maxAgeMs?: number
}

/** The credentials of a cluster. */
export interface StoredCredentials {
  /** The SHA-256 of the valid tokens, in hex. */
  readonly hashes: readonly string[]
  /** The keys of signatures; most clusters have none. Rejects when they cannot be read. */
  keys(): Promise<ClusterTokens>
}

/** The hashes of a cluster's tokens as they are stored, the newest first. */
export interface StoredHashes {
  readonly hashes: readonly string[]
  /** Whether the tokens are keys of signatures too, and so also in Secrets Manager. */
  readonly hasKeys: boolean
  /** When the cluster was taken out of use, in milliseconds since the epoch. */
  readonly retiredAt?: number
  /** Whether the cluster is observed, as far as its first set takes that from here. */
  readonly isObserved: boolean
  /** When the newest token was made, in milliseconds since the epoch; absent where that was not noted. */
  readonly newestAt?: number
}

const DEFAULT_MAX_AGE_MS = 5 * 60_000
const MAX_ENTRIES = 1_000

interface CachedCredentials {
  readonly credentials: StoredCredentials
  readonly expiry: Expiry
}

/**
 * The hashes of the clusters' tokens in DynamoDB, beside the pointers to their sets. One read
 * returns them, or tells that there is no such cluster. A cluster with a set and without hashes was
 * created earlier: its tokens, which are keys of signatures too, are in Secrets Manager only.
 */
export class DynamoDbTokens {
  readonly #options: DynamoDbTokensOptions
  readonly #entries = new Map<string, CachedCredentials>()

  constructor(options: DynamoDbTokensOptions) {
    this.#options = options
  }

  /**
   * Reads the credentials of a cluster, and remembers them for a while. It does not remember
   * names that no cluster has. `fresh` reads past that. Rejects when a store fails.
   */
  async read(
    cluster: string,
    { fresh = false }: { readonly fresh?: boolean } = {},
  ): Promise<StoredCredentials | undefined> {
    if (!ClusterName.safeParse(cluster).success) return undefined
    const { clock, maxAgeMs = DEFAULT_MAX_AGE_MS } = this.#options
    const entry = this.#entries.get(cluster)
    if (!fresh && entry && !isOver(clock, entry.expiry)) {
      this.#remember(cluster, entry)
      return entry.credentials
    }
    // From before the request: what comes is as old as that.
    const expiry = expiresIn(clock, maxAgeMs)
    const credentials = await this.#load(cluster, fresh)
    if (credentials) this.#remember(cluster, { credentials, expiry })
    else this.#entries.delete(cluster)
    return credentials
  }

  /**
   * The stored hashes, also of a cluster that was taken out of use; undefined when there are none.
   */
  async readHashes(cluster: string): Promise<StoredHashes | undefined> {
    return this.#storedHashes(cluster, await this.#lastItem(cluster, TOKENS, TOKENS))
  }

  /**
   * Writes the hashes in the place of `earlier`: those that were read, none, or any. False, without a change, when there
   * are others, or the mode is another. The newest token was made now, unless it is the newest of those that were read too.
   */
  async writeHashes(
    cluster: string,
    stored: Pick<StoredHashes, 'hashes' | 'hasKeys'> & Partial<Pick<StoredHashes, 'isObserved'>>,
    earlier: StoredHashes | 'none' | 'any',
  ): Promise<boolean> {
    const isSame = typeof earlier === 'object' && earlier.hashes[0] === stored.hashes[0]
    const newestAt = isSame ? earlier.newestAt : this.#options.clock.now()
    const put = new PutItemCommand({
      TableName: this.#options.tableName,
      Item: {
        cluster: { S: cluster },
        part: { S: TOKENS },
        hashes: { L: stored.hashes.map((hash) => ({ S: hash })) },
        hasKeys: { BOOL: stored.hasKeys },
        ...(stored.isObserved && { [OBSERVED_ATTRIBUTE]: { BOOL: true } }),
        ...(newestAt !== undefined && { [NEWEST_AT_ATTRIBUTE]: { N: String(newestAt) } }),
      },
      ...(earlier !== 'any' && this.#condition(stored.hashes, earlier)),
    })
    return wasWritten(this.#options.client.send(put))
  }

  /** When an answer is lost the SDK sends the request again, which must not fail on what it stored itself. */
  #condition(
    [newest = '']: readonly string[],
    earlier: StoredHashes | 'none',
  ): Partial<PutItemCommandInput> {
    if (earlier === 'none') {
      return {
        ConditionExpression: `attribute_not_exists(#part) OR #${EXPIRY_ATTRIBUTE} <= :now OR #hashes[0] = :newest`,
        ExpressionAttributeNames: namesOf('part', 'hashes', EXPIRY_ATTRIBUTE),
        ExpressionAttributeValues: {
          ':now': { N: String(this.#options.clock.now()) },
          ':newest': { S: newest },
        },
      }
    }
    const before = earlier.hashes[0] ?? ''
    // The item has the mode too, which somebody may have changed since.
    const unchanged = `#hashes[0] = :before AND ${isMode(earlier.isObserved)}`
    const isMine = newest === before ? [] : ['#hashes[0] = :newest']
    return {
      ConditionExpression: `attribute_not_exists(#${RETIRED_ATTRIBUTE}) AND (${[unchanged, ...isMine].join(' OR ')})`,
      ExpressionAttributeNames: namesOf('hashes', RETIRED_ATTRIBUTE, OBSERVED_ATTRIBUTE),
      ExpressionAttributeValues: {
        ':before': { S: before },
        ...(isMine.length > 0 && { ':newest': { S: newest } }),
      },
    }
  }

  /**
   * Makes all tokens invalid, and deletes them after `keptMs` milliseconds. False when there are
   * none.
   */
  retire(cluster: string, keptMs: number): Promise<boolean> {
    const now = this.#options.clock.now()
    const { [TTL_ATTRIBUTE]: seconds, [EXPIRY_ATTRIBUTE]: exact } = expiryAttributes(now + keptMs)
    if (!seconds || !exact) throw new Error('an expiry has two attributes')
    return this.#update(cluster, {
      UpdateExpression: `SET #${RETIRED_ATTRIBUTE} = :now, #${TTL_ATTRIBUTE} = :seconds, #${EXPIRY_ATTRIBUTE} = :exact`,
      // When an answer is lost the SDK sends the request again, which must know what it did itself.
      ConditionExpression: `attribute_exists(#part) AND (attribute_not_exists(#${RETIRED_ATTRIBUTE}) OR #${RETIRED_ATTRIBUTE} = :now)`,
      ExpressionAttributeValues: {
        ':now': { N: String(now) },
        ':seconds': seconds,
        ':exact': exact,
      },
    })
  }

  /**
   * Makes the tokens of a retired cluster valid again, which is observed if it is to be so, and else as it was. False when
   * there are none.
   */
  restore(cluster: string, isObserved: boolean): Promise<boolean> {
    const observed = isObserved ? `SET #${OBSERVED_ATTRIBUTE} = :true ` : ''
    return this.#update(cluster, {
      UpdateExpression: `${observed}REMOVE #${RETIRED_ATTRIBUTE}, #${TTL_ATTRIBUTE}, #${EXPIRY_ATTRIBUTE}`,
      ConditionExpression: 'attribute_exists(#part)',
      ...(isObserved && { ExpressionAttributeValues: { ':true': { BOOL: true } } }),
    })
  }

  #update(
    cluster: string,
    change: {
      UpdateExpression: string
      ConditionExpression: string
      ExpressionAttributeValues?: Item
    },
  ): Promise<boolean> {
    const names = namesOf(
      ...['part', OBSERVED_ATTRIBUTE, RETIRED_ATTRIBUTE, TTL_ATTRIBUTE, EXPIRY_ATTRIBUTE],
    )
    const used = `${change.UpdateExpression} ${change.ConditionExpression}`
    const update = new UpdateItemCommand({
      TableName: this.#options.tableName,
      Key: { cluster: { S: cluster }, part: { S: TOKENS } },
      ...change,
      ExpressionAttributeNames: Object.fromEntries(
        Object.entries(names).filter(([placeholder]) => used.includes(placeholder)),
      ),
    })
    return wasWritten(this.#options.client.send(update))
  }

  async #load(cluster: string, fresh: boolean): Promise<StoredCredentials | undefined> {
    const last = await this.#lastItem(cluster, POINTER, TOKENS)
    const stored = this.#storedHashes(cluster, last)
    const keys = this.#keyReader(cluster, fresh)
    if (stored?.retiredAt !== undefined) return undefined
    if (stored) return { hashes: stored.hashes, keys: stored.hasKeys ? keys : async () => [] }
    const tokens = (await this.#hasSet(cluster, last)) ? await keys() : []
    return tokens.length === 0 ? undefined : { hashes: tokens.map(tokenHash), keys }
  }

  /** Whether a cluster without tokens has a set. `last` is the last of its items from pointer to tokens. */
  async #hasSet(cluster: string, last: Item | undefined): Promise<boolean> {
    if (last === undefined) return false
    const isPointer = textOf(last, 'part') === POINTER
    const pointer = isPointer ? last : await this.#lastItem(cluster, POINTER, POINTER)
    if (pointer === undefined || this.#hasExpired(pointer)) return false
    return numberOf(pointer, RETIRED_ATTRIBUTE) === undefined
  }

  /** Reads the keys of signatures. `fresh` is for the first read: the next ones are by the cache. */
  #keyReader(cluster: string, fresh: boolean): () => Promise<ClusterTokens> {
    let mustBeFresh = fresh
    return async () => {
      const read = await this.#options.keys.read(cluster, { fresh: mustBeFresh })
      mustBeFresh = false
      return read ?? []
    }
  }

  #lastItem(cluster: string, first: string, last: string): Promise<Item | undefined> {
    const { client, tableName } = this.#options
    return lastItem(client, tableName, { cluster, first, last })
  }

  #hasExpired(item: Item): boolean {
    return hasExpired(item, this.#options.clock.now())
  }

  /** The hashes in an item; undefined for one that is not of tokens, or has expired. */
  #storedHashes(cluster: string, item: Item | undefined): StoredHashes | undefined {
    if (item === undefined || textOf(item, 'part') !== TOKENS) return undefined
    if (this.#hasExpired(item)) return undefined
    const hashes = (item.hashes?.L ?? []).flatMap(({ S: hash }) => hash ?? [])
    if (hashes.length === 0 || !hashes.every((hash) => /^[0-9a-f]{64}$/.test(hash))) {
      throw new MalformedItem(this.#options.tableName, `${cluster} ${TOKENS}`)
    }
    const retiredAt = numberOf(item, RETIRED_ATTRIBUTE)
    const newestAt = numberOf(item, NEWEST_AT_ATTRIBUTE)
    return {
      hashes,
      hasKeys: item.hasKeys?.BOOL === true,
      isObserved: isObservedItem(item),
      ...(retiredAt !== undefined && { retiredAt }),
      ...(newestAt !== undefined && { newestAt }),
    }
  }

  /**
   * Remembers a cluster as the last one used. The one that was used longest ago is forgotten first.
   */
  #remember(cluster: string, entry: CachedCredentials): void {
    keepLatest(this.#entries, cluster, entry, MAX_ENTRIES)
  }
}

/** The condition that an item has this mode. */
function isMode(isObserved: boolean): string {
  return `attribute_${isObserved ? 'exists' : 'not_exists'}(#${OBSERVED_ATTRIBUTE})`
}
