import type { ServerResponse } from 'node:http'
import { type ApiFailure, expiredVersion } from './api-failure.ts'
import type { ApiObject, Fields } from './api-object.ts'
import { versionOf } from './collection-lists.ts'
import { parseSelector, type Selector } from './field-selectors.ts'
import type { ObjectStore, StoredChange } from './object-store.ts'
import { present, presentBookmark, type Representation } from './representations.ts'
import type { RequestTarget } from './request-target.ts'
import { storageOf } from './resource-types.ts'

/** One watch that is running, in the hands of the test. */
export interface RunningWatch {
  readonly resource: string
  /** Tells how far it came, when the client allowed that. */
  bookmark(): void
  /** As when `timeoutSeconds` are over. */
  end(): void
  /** With an `ERROR` line. */
  fail(failure: ApiFailure): void
  /** Writes these bytes as they are. */
  write(text: string): void
}

export interface WatchOptions {
  readonly store: ObjectStore
  readonly target: RequestTarget
  readonly view: Representation
  readonly response: ServerResponse
  /** Writes a line, in as many pieces as the test wants. */
  readonly write: (line: string) => void
}

/**
 * Answers a watch: what changed since its resource version, and then what changes. Throws
 * `ApiFailure` when it cannot begin.
 */
export function startWatch(options: WatchOptions): RunningWatch {
  const { store, target, response } = options
  const from = versionOf(target.query)
  const storage = storageOf(target.type)
  const { watch, change } = writerOf(options)
  response.writeHead(200, { 'content-type': 'application/json' })
  response.flushHeaders()
  // That a version is too old is told within the answer.
  if (from > 0 && from < oldestOf(store, target)) watch.fail(expiredVersion())
  for (const each of from === 0 ? stateOf(store, storage) : store.changesSince(storage, from)) {
    change(each)
  }
  const unsubscribe = store.subscribe((each) => {
    if (each.storage === storage && each.revision > from) change(each)
  })
  const seconds = Number(target.query.get('timeoutSeconds') ?? 0)
  const timer = seconds > 0 ? setTimeout(watch.end, seconds * 1_000) : undefined
  response.once('close', () => {
    clearTimeout(timer)
    unsubscribe()
  })
  return watch
}

/** Events are in no cache of the server, which would make bookmarks, and knows less of the past. */
function isCached({ type }: RequestTarget): boolean {
  return type.storedAs === undefined
}

function oldestOf(store: ObjectStore, target: RequestTarget): number {
  return isCached(target) ? store.cached : store.compacted
}

/** All that is there, as if it came now. */
function stateOf(store: ObjectStore, storage: string): readonly StoredChange[] {
  const { revision } = store
  const added = (after: ApiObject) => ({ revision, storage, before: undefined, after })
  return store.listAt(storage, revision).map(added)
}

function writerOf({ store, target, view, response, write }: WatchOptions) {
  const { query, type, namespace } = target
  const selects = parseSelector(type, query.get('fieldSelector') ?? undefined)
  const matches: Selector = (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) && selects(object)
  const send = (kind: string, object: Fields) => {
    if (!response.writableEnded) write(`${JSON.stringify({ type: kind, object })}\n`)
  }
  const isAllowed = ['1', 'true'].includes(query.get('allowWatchBookmarks') ?? '')
  const watch: RunningWatch = {
    resource: type.plural,
    bookmark() {
      if (isAllowed && isCached(target)) send('BOOKMARK', presentBookmark(store.revision, view))
    },
    end() {
      watch.bookmark()
      response.end()
    },
    fail(failure) {
      send('ERROR', failure.body)
      response.end()
    },
    write: (text) => void response.write(text),
  }
  const change = (each: StoredChange) => {
    const seen = changeFor(each, matches)
    if (seen) send(seen.type, present(seen.object, view))
  }
  return { watch, change }
}

/** What a change is to someone who sees only what matches. */
function changeFor({ revision, before, after }: StoredChange, matches: Selector) {
  const [was, is] = [before && matches(before), after && matches(after)]
  if (after && is) return { type: was ? 'MODIFIED' : 'ADDED', object: after }
  if (before && was) return { type: 'DELETED', object: asOf(before, revision) }
  return undefined
}

function asOf(object: ApiObject, revision: number): ApiObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }
}
