import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Access, type AccessRule, authorize, authorizeDiscovery } from './access-rules.ts'
import { ApiFailure, badRequest, NoSuchGroup, unauthorized } from './api-failure.ts'
import type { ApiObject, Manifest } from './api-object.ts'
import { listObjects } from './collection-lists.ts'
import { type RunningWatch, startWatch } from './collection-watch.ts'
import { discover } from './discovery-documents.ts'
import { type FailingAnswer, FailingAnswers } from './failing-answers.ts'
import { jsonBody, MERGE_PATCH, sendJson } from './json-bodies.ts'
import { ObjectStore } from './object-store.ts'
import { createObject, deleteObject, existing, patchObject, updateObject } from './object-writes.ts'
import type { RecordedRequest, RequestPattern } from './recorded-request.ts'
import { apiVersionOf, isPartial, present, type Representation } from './representations.ts'
import {
  type RequestTarget,
  type ResourcePath,
  resolveTarget,
  resourcePathOf,
} from './request-target.ts'
import { BUILT_IN_TYPES, type ResourceType, storageOf, typeOfDefinition } from './resource-types.ts'

/** Whose token came. */
export interface User {
  readonly name: string
  readonly rules: readonly AccessRule[]
  /** Past faults, and not recorded. */
  readonly isAdmin: boolean
}

/** Else a test would pass with a query that a real server ignores. */
const KNOWN_QUERY = new Set([
  'limit',
  'continue',
  'watch',
  'allowWatchBookmarks',
  'resourceVersion',
  'resourceVersionMatch',
  'timeoutSeconds',
  'fieldSelector',
  'fieldManager',
])

const ANONYMOUS: User = { name: 'system:anonymous', rules: [], isAdmin: false }

/** What a path of no resource is recorded as. */
const DISCOVERY: Access = {
  verb: 'get',
  group: '',
  resource: '',
  namespace: undefined,
  name: undefined,
}

const DEFINITIONS = 'apiextensions.k8s.io/customresourcedefinitions'

/**
 * The part of a Kubernetes API server that the project uses, over HTTP:
 * https://kubernetes.io/docs/reference/using-api/api-concepts/. `listener` is the server's.
 */
export class ApiDouble {
  readonly store = new ObjectStore()
  readonly requests: RecordedRequest[] = []
  readonly watches = new Set<RunningWatch>()
  /** Pieces that a line of a watch is written in. */
  linePieces = 1
  readonly #users = new Map<string, User>()
  readonly #failing = new FailingAnswers()

  setUser(token: string, user: User): void {
    this.#users.set(token, user)
  }

  answerNext(pattern: RequestPattern, answer: FailingAnswer): void {
    this.#failing.add(pattern, answer)
  }

  /** Writes new objects as they are. Throws for a kind that is not served. */
  load(objects: readonly Manifest[]): void {
    const types = this.#types()
    for (const { apiVersion, kind, ...object } of objects) {
      const type = types.find(
        (each) =>
          each.kind === kind &&
          each.versions.some((version) => apiVersionOf({ type: each, version }) === apiVersion),
      )
      if (!type) throw new Error(`the double serves no ${kind} in ${apiVersion}`)
      const generation = type.isCustom ? { generation: 1 } : {}
      const metadata = { ...object.metadata, ...generation }
      this.store.put(storageOf(type), { ...object, metadata })
    }
  }

  readonly listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://double')
    const seen: { user: User; path?: ResourcePath | undefined } = { user: ANONYMOUS }
    // What came is recorded when the head of its answer is written.
    const writeHead = response.writeHead.bind(response)
    response.writeHead = (status: number, headers?: unknown) => {
      if (!seen.user.isAdmin) this.#record(request.url ?? '/', status, seen.path)
      return writeHead(status, headers as Record<string, string>)
    }
    try {
      seen.user = this.#authenticate(request)
      seen.path = resourcePathOf(request.method ?? '', url)
      if (!seen.user.isAdmin && this.#failing.answer(seen.path, response)) return
      if (seen.path) await this.#serve(seen.path, seen.user, request, response)
      else {
        authorizeDiscovery(seen.user.name, url.pathname)
        sendJson(response, 200, discover(this.#types(), url.pathname))
      }
    } catch (error) {
      sendError(response, error)
    }
  }

  #record(path: string, status: number, access: Access = DISCOVERY): void {
    const { verb, group, resource, namespace, name } = access
    this.requests.push({ verb, group, resource, namespace, name, path, status })
  }

  #authenticate(request: IncomingMessage): User {
    const [, token] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? []
    if (token === undefined) return ANONYMOUS
    const user = this.#users.get(token)
    if (!user) throw unauthorized()
    return user
  }

  #types(): readonly ResourceType[] {
    const definitions = this.store.listAt(DEFINITIONS, this.store.revision)
    return [...BUILT_IN_TYPES, ...definitions.map(typeOfDefinition)]
  }

  async #serve(path: ResourcePath, user: User, request: IncomingMessage, response: ServerResponse) {
    authorize(user.name, path, user.rules)
    const types = this.#types()
    if (!types.some(({ group }) => group === path.group)) throw new NoSuchGroup()
    const target = resolveTarget(path, types)
    for (const name of path.query.keys()) {
      if (!KNOWN_QUERY.has(name)) throw badRequest(`the double does not know the query "${name}"`)
    }
    const view = { ...target, isPartial: isPartial(request.headers.accept) }
    if (target.verb === 'watch') return this.#watch(target, view, response)
    const status = target.verb === 'create' ? 201 : 200
    sendJson(response, status, await this.#answer(target, view, request))
  }

  async #answer(target: RequestTarget, view: Representation, request: IncomingMessage) {
    const { store } = this
    const show = (object: ApiObject) => present(object, view)
    switch (target.verb) {
      case 'list':
        return listObjects(store, target, view)
      case 'get':
        return show(existing(store, target))
      case 'create':
        return show(this.#establish(createObject(store, target, await jsonBody(request)), target))
      case 'update':
        return show(updateObject(store, target, await jsonBody(request)))
      case 'patch':
        return show(patchObject(store, target, await jsonBody(request, MERGE_PATCH)))
      default:
        return deleteObject(store, target)
    }
  }

  /** A definition is in force at once. */
  #establish(object: ApiObject, { type }: RequestTarget): ApiObject {
    if (storageOf(type) !== DEFINITIONS) return object
    const conditions = [{ type: 'Established', status: 'True' }]
    return this.store.put(DEFINITIONS, { ...object, status: { conditions } })
  }

  #watch(target: RequestTarget, view: Representation, response: ServerResponse): void {
    const write = (line: string) => this.#writeLine(response, line)
    const watch = startWatch({ store: this.store, target, view, response, write })
    this.watches.add(watch)
    response.once('close', () => this.watches.delete(watch))
  }

  #writeLine(response: ServerResponse, line: string): void {
    const bytes = Buffer.from(line)
    const size = Math.ceil(bytes.length / this.linePieces)
    for (let start = 0; start < bytes.length; start += size) {
      response.write(bytes.subarray(start, start + size))
    }
  }
}

/** A bug of the double is seen by the client, and so by the test. */
function sendError(response: ServerResponse, error: unknown): void {
  if (error instanceof NoSuchGroup) {
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end(error.body)
  } else if (error instanceof ApiFailure) sendJson(response, error.code, error.body)
  else {
    const message = error instanceof Error ? `${error.stack}` : 'the double failed'
    sendJson(response, 500, new ApiFailure(500, 'InternalError', message).body)
  }
}
