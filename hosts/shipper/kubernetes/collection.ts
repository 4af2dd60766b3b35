import { isJsonObject } from '../../../relay/model/json-value.ts'
import { ApiError, watchErrorOf } from './api-error.ts'
import type { KubernetesClient } from './client.ts'

/** The metadata that every object of the API has. */
export interface ApiObject {
  readonly metadata: {
    readonly name: string
    /** The namespace; absent for cluster-scoped objects. */
    readonly namespace?: string
    readonly uid: string
    readonly resourceVersion: string
    readonly [field: string]: unknown
  }
  readonly [field: string]: unknown
}

/** One object that was added, changed or deleted. */
export interface ObjectChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: ApiObject
}

/** A part of a list, which has a start, any number of pages, and an end. */
export type ListUpdate =
  | { readonly kind: 'list-started' }
  | { readonly kind: 'listed'; readonly objects: readonly ApiObject[] }
  | { readonly kind: 'list-ended'; readonly resourceVersion: string }

/**
 * A part of a watch. Without changes it is a bookmark: all changes up to `resourceVersion` were
 * yielded.
 */
export interface WatchUpdate {
  readonly kind: 'watched'
  readonly changes: readonly ObjectChange[]
  readonly resourceVersion: string
}

/** A collection of the API, such as all Alerts. */
export interface Collection {
  /** The path without a query: `/apis/notification.toolkit.fluxcd.io/v1beta3/alerts`. */
  readonly path: string
  /** A selector such as `involvedObject.kind=Kustomization`. */
  readonly fieldSelector?: string
  /** What objects consist of; `metadata` asks for their metadata only. The default is `whole`. */
  readonly content?: 'whole' | 'metadata'
  /** The number of objects in a page of a list. The default is 500, or 100 with `metadata`. */
  readonly pageSize?: number | undefined
  /** Whether watches send bookmarks. All do except those of Events. The default is true. */
  readonly hasBookmarks?: boolean
}

/**
 * The objects in a page. The metadata of one object can take 75 kB, most of it the managed fields.
 */
const PAGE_SIZES = { whole: 500, metadata: 100 } as const
/** Divides the page size when a page is larger than the largest answer. */
const LARGE_OBJECTS_DIVISOR = 4

/**
 * The media type of a list of metadata:
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'

/** Lists a collection as it was at one moment, page by page. Throws `ApiError`. */
export async function* list(
  client: KubernetesClient,
  collection: Collection,
): AsyncGenerator<ListUpdate, void> {
  yield { kind: 'list-started' }
  let size = collection.pageSize ?? PAGE_SIZES[collection.content ?? 'whole']
  const read = async (next = ''): Promise<Page> => {
    for (;;) {
      try {
        return await readPage(client, collection, size, next)
      } catch (error) {
        // Of large objects fewer fit into an answer; the place in the list is as good for fewer.
        if (!(error instanceof ApiError && error.isTruncated) || size === 1) throw error
        size = Math.ceil(size / LARGE_OBJECTS_DIVISOR)
      }
    }
  }
  let page = await read()
  const { resourceVersion } = page
  for (;;) {
    yield { kind: 'listed', objects: page.objects }
    if (page.next === '') break
    page = await read(page.next)
  }
  yield { kind: 'list-ended', resourceVersion }
}

/**
 * Watches a collection from a resource version on, until the server ends it after `timeoutSeconds`.
 * Throws `ApiError`.
 */
export async function* watch(
  client: KubernetesClient,
  collection: Collection,
  from: string,
  timeoutSeconds: number,
  signal: AbortSignal,
): AsyncGenerator<WatchUpdate, void> {
  const path = pathOf(collection, {
    watch: '1',
    allowWatchBookmarks: 'true',
    resourceVersion: from,
    timeoutSeconds: String(timeoutSeconds),
  })
  const request = {
    path,
    ...(collection.content === 'metadata' && { accept: METADATA }),
    // The server ends it before.
    ...(collection.hasBookmarks === false && { idleTimeoutMs: (timeoutSeconds + 60) * 1_000 }),
  }
  for await (const lines of client.stream(request, signal)) {
    const { changes, resourceVersion, error } = readLines(lines, collection.path)
    if (resourceVersion !== undefined) yield { kind: 'watched', changes, resourceVersion }
    if (error) throw error
  }
}

/**
 * Whether the API is behind a resource version that it returned before, because a backup was
 * restored. A watch from there would be silent until the API has caught up. Resource versions of
 * one collection can be compared as numbers. Rejects with `ApiError`.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
export async function isBehind(
  client: KubernetesClient,
  collection: Collection,
  resourceVersion: string,
): Promise<boolean> {
  // Without its selector, by which a server may go through all objects to find one.
  const { resourceVersion: now } = await readPage(client, { path: collection.path }, 1)
  const areNumbers = [now, resourceVersion].every((version) => /^\d{1,20}$/.test(version))
  return areNumbers && BigInt(now) < BigInt(resourceVersion)
}

interface Page {
  readonly objects: readonly ApiObject[]
  readonly resourceVersion: string
  /** The token of the next page; empty on the last page. */
  readonly next: string
}

async function readPage(
  client: KubernetesClient,
  collection: Collection,
  limit: number,
  next = '',
): Promise<Page> {
  const answer = await client.request({
    method: 'GET',
    path: pathOf(collection, { limit: String(limit), ...(next !== '' && { continue: next }) }),
    ...(collection.content === 'metadata' && { accept: METADATA_LIST }),
  })
  const { metadata, items } = isJsonObject(answer) ? answer : {}
  if (!isJsonObject(metadata) || typeof metadata.resourceVersion !== 'string') {
    throw new ApiError(`${collection.path}: the answer is not a list`, { status: 200 })
  }
  return {
    objects: Array.isArray(items) ? items.filter(isApiObject) : [],
    resourceVersion: metadata.resourceVersion,
    next: typeof metadata.continue === 'string' ? metadata.continue : '',
  }
}

interface WatchedLines {
  readonly changes: readonly ObjectChange[]
  /** The resource version of the last line that has one. */
  readonly resourceVersion?: string
  readonly error?: ApiError
}

function readLines(lines: readonly unknown[], where: string): WatchedLines {
  const changes: ObjectChange[] = []
  let resourceVersion: string | undefined
  for (const line of lines) {
    const { type, object } = isJsonObject(line) ? line : {}
    if (type === 'ERROR') {
      const error = watchErrorOf(`watch ${where}`, object)
      return { changes, error, ...(resourceVersion !== undefined && { resourceVersion }) }
    }
    resourceVersion = resourceVersionOf(object) ?? resourceVersion
    if (isChangeType(type) && isApiObject(object)) changes.push({ type, object })
  }
  return { changes, ...(resourceVersion !== undefined && { resourceVersion }) }
}

function isChangeType(type: unknown): type is ObjectChange['type'] {
  return type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED'
}

function resourceVersionOf(object: unknown): string | undefined {
  const metadata = isJsonObject(object) ? object.metadata : undefined
  const version = isJsonObject(metadata) ? metadata.resourceVersion : undefined
  return typeof version === 'string' && version !== '' ? version : undefined
}

function isApiObject(value: unknown): value is ApiObject {
  if (!isJsonObject(value) || !isJsonObject(value.metadata)) return false
  const { name, uid, resourceVersion } = value.metadata
  return [name, uid, resourceVersion].every((field) => typeof field === 'string')
}

function pathOf(
  { path, fieldSelector }: Collection,
  parameters: Readonly<Record<string, string>>,
): string {
  const query = new URLSearchParams(parameters)
  if (fieldSelector !== undefined) query.set('fieldSelector', fieldSelector)
  return `${path}?${query}`
}
