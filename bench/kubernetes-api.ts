import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { SERVED_KINDS, type ServedKind, type ServedObject } from './kubernetes-objects.ts'

/** A server of the Kubernetes API whose objects never change. */
export interface QuietApi {
  readonly handler: RequestListener
  /** Resolves once each kind is watched, which is after it was listed. */
  readonly watched: Promise<void>
}

/** The time of every list. */
const RESOURCE_VERSION = '1000'

type Fields = Readonly<Record<string, unknown>>

/** Serves the objects of `SERVED_KINDS`, to one client. */
export function createQuietApi(): QuietApi {
  const watched = Promise.withResolvers<void>()
  const unwatched = new Set(SERVED_KINDS)
  const handler: RequestListener = (request, response) => {
    const url = new URL(request.url ?? '/', 'http://api')
    const served = SERVED_KINDS.find((it) => `${pathOf(it)}/${it.plural}` === url.pathname)
    if (served === undefined) return send(response, discovered(url.pathname))
    if (!url.searchParams.has('watch')) {
      return send(response, page(served, url.searchParams, isPartial(request)))
    }
    // It stays open; the client waits longer for a change than a benchmark takes.
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    unwatched.delete(served)
    if (unwatched.size === 0) watched.resolve()
  }
  return { handler, watched: watched.promise }
}

function send(response: ServerResponse, body: Fields | undefined): void {
  const missing = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound' }
  response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body ?? { ...missing, code: 404 }))
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks */
function page(
  { kind, count, object, ...type }: ServedKind,
  query: URLSearchParams,
  isPartial: boolean,
) {
  const start = Number(query.get('continue') ?? 0)
  const end = Math.min(start + Number(query.get('limit') ?? count), count)
  const apiVersion = isPartial ? 'meta.k8s.io/v1' : groupVersionOf(type)
  const itemKind = isPartial ? 'PartialObjectMetadata' : kind
  const present = ({ metadata, ...fields }: ServedObject) => ({
    ...{ kind: itemKind, apiVersion, metadata },
    ...(!isPartial && fields),
  })
  const next = end < count && { continue: String(end), remainingItemCount: count - end }
  return {
    kind: `${itemKind}List`,
    apiVersion,
    metadata: { resourceVersion: RESOURCE_VERSION, ...next },
    items: Array.from({ length: end - start }, (_, index) => present(object(start + index))),
  }
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches */
function isPartial({ headers }: IncomingMessage): boolean {
  return /\bas=PartialObjectMetadata/.test(headers.accept ?? '')
}

/** The answer of API discovery for a path; undefined when there is no such path. */
function discovered(path: string): Fields | undefined {
  const groups = new Map(
    SERVED_KINDS.filter(({ group }) => group !== '').map((it) => [it.group, it]),
  )
  if (path === '/apis') return { kind: 'APIGroupList', groups: [...groups.values()].map(groupOf) }
  const group = groups.get(path.replace('/apis/', ''))
  if (group) return { kind: 'APIGroup', ...groupOf(group) }
  const kinds = SERVED_KINDS.filter((it) => pathOf(it) === path)
  const verbs = ['get', 'list', 'watch']
  const resources = kinds.map(({ plural: name, kind }) => ({ name, kind, namespaced: true, verbs }))
  return kinds.length > 0 ? { kind: 'APIResourceList', resources } : undefined
}

function groupOf({ group, version }: ServedKind) {
  const preferredVersion = { groupVersion: groupVersionOf({ group, version }), version }
  return { name: group, versions: [preferredVersion], preferredVersion }
}

function pathOf(type: Pick<ServedKind, 'group' | 'version'>): string {
  return `/${type.group === '' ? 'api' : 'apis'}/${groupVersionOf(type)}`
}

function groupVersionOf({ group, version }: Pick<ServedKind, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`
}
