import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, type Dispatcher, request } from 'undici'
import {
  type ApiObject,
  type Fields,
  fieldsOf,
  isFields,
  type Manifest,
  type ObjectReference,
} from './api-object.ts'

/** Where an API server is. */
export interface ApiAddress {
  readonly url: string
  /** PEM text. */
  readonly ca?: string | undefined
}

/** What a person with all rights does, past the gate of the test. */
export interface ApiAdmin {
  apply(object: Manifest): Promise<ApiObject>
  applyStatus(object: Manifest): Promise<ApiObject>
  get(reference: ObjectReference): Promise<ApiObject | undefined>
  remove(reference: ObjectReference): Promise<void>
  list(apiVersion: string, kind: string): Promise<readonly ApiObject[]>
  /** Of any path; rejects for an answer that is not 2xx nor `allowed`. */
  send(
    method: Dispatcher.HttpMethod,
    path: string,
    body?: unknown,
    ...allowed: readonly number[]
  ): Promise<Answer>
  close(): Promise<void>
}

export interface Answer {
  readonly status: number
  readonly body: Fields
}

/** How paths name a kind. */
interface KindPath {
  readonly plural: string
  readonly isNamespaced: boolean
}

export function createApiAdmin({ url, ca }: ApiAddress, token: string): ApiAdmin {
  const dispatcher = new Agent({ connect: ca === undefined ? {} : { ca } })
  const kinds = new Map<string, KindPath>()
  /** That there are; no test removes one. */
  const namespaces = new Set<string>()

  const send: ApiAdmin['send'] = async (method, path, body, ...allowed) => {
    const answer = await request(`${url}${path}`, {
      dispatcher,
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await answer.body.text()
    const status = answer.statusCode
    // Of a kind that was defined a moment ago: "storage is (re)initializing".
    if (status === 429) return sleep(100).then(() => send(method, path, body, ...allowed))
    if ((status < 200 || status > 299) && !allowed.includes(status)) {
      throw new Error(`${method} ${path}: HTTP ${status}: ${text}`)
    }
    const parsed: unknown = text.startsWith('{') ? JSON.parse(text) : {}
    return { status, body: isFields(parsed) ? parsed : {} }
  }

  /** From what the server says of itself. */
  const kindPathOf = async (apiVersion: string, kind: string): Promise<KindPath> => {
    const key = `${apiVersion}/${kind}`
    const known = kinds.get(key)
    if (known) return known
    const { body } = await send('GET', rootOf(apiVersion))
    const resources = Array.isArray(body.resources) ? body.resources.map(fieldsOf) : []
    const found = resources.find((each) => each.kind === kind && !`${each.name}`.includes('/'))
    if (!found) throw new Error(`the API server serves no ${kind} in ${apiVersion}`)
    const path = { plural: `${found.name}`, isNamespaced: found.namespaced === true }
    kinds.set(key, path)
    return path
  }
  const collectionOf = async ({ apiVersion, kind, namespace }: Omit<ObjectReference, 'name'>) => {
    const below = namespace === undefined ? '' : `/namespaces/${namespace}`
    const { plural } = await kindPathOf(apiVersion, kind)
    return `${rootOf(apiVersion)}${below}/${plural}`
  }
  const pathOf = async (reference: ObjectReference) =>
    `${await collectionOf(reference)}/${reference.name}`
  const ensureNamespace = async (name: string) => {
    if (namespaces.has(name)) return
    await send('POST', '/api/v1/namespaces', { metadata: { name } }, 409)
    namespaces.add(name)
  }

  return {
    send,
    async apply(object) {
      const { apiVersion, kind } = object
      const { isNamespaced } = await kindPathOf(apiVersion, kind)
      const { namespace = 'default', ...metadata } = object.metadata
      const place = isNamespaced ? { namespace } : {}
      if (isNamespaced) await ensureNamespace(namespace)
      const path = await collectionOf({ apiVersion, kind, ...place })
      const write = (method: 'POST' | 'PUT', to: string, own: Fields) =>
        send(method, to, { ...object, metadata: { ...metadata, ...place, ...own } }, 409)
      for (;;) {
        // One that was read has a version, which a server refuses of a new one.
        const created = await write('POST', path, { resourceVersion: undefined })
        if (created.status !== 409) return created.body as ApiObject
        const current = await send('GET', `${path}/${metadata.name}`, undefined, 404)
        if (current.status === 404) continue
        const { resourceVersion } = fieldsOf(current.body.metadata)
        const updated = await write('PUT', `${path}/${metadata.name}`, { resourceVersion })
        if (updated.status !== 409) return updated.body as ApiObject
      }
    },
    async applyStatus({ apiVersion, kind, metadata, status }) {
      const { namespace, name } = metadata
      const path = await pathOf({ apiVersion, kind, name, ...(namespace && { namespace }) })
      for (;;) {
        const { body } = await send('GET', path)
        const answer = await send('PUT', `${path}/status`, { ...body, status }, 409)
        if (answer.status !== 409) return answer.body as ApiObject
      }
    },
    async get(reference) {
      const { status, body } = await send('GET', await pathOf(reference), undefined, 404)
      return status === 404 ? undefined : (body as ApiObject)
    },
    async remove(reference) {
      await send('DELETE', await pathOf(reference), undefined, 404)
    },
    async list(apiVersion, kind) {
      const { body } = await send('GET', await collectionOf({ apiVersion, kind }))
      const items = Array.isArray(body.items) ? body.items : []
      return items.map((item) => ({ apiVersion, kind, ...item }))
    },
    close: () => dispatcher.destroy(),
  }
}

/** Applies definitions, and resolves when their kinds are served. */
export async function define(admin: ApiAdmin, definitions: readonly Manifest[]): Promise<void> {
  for (const definition of definitions) await admin.apply(definition)
  await untilDefined(admin, definitions)
}

/** Resolves when objects of these kinds can be read, as some time after a start. */
export async function untilDefined(
  admin: ApiAdmin,
  definitions: readonly Manifest[],
): Promise<void> {
  for (const { apiVersion, kind, metadata, spec } of definitions) {
    const reference = { apiVersion, kind, name: metadata.name }
    while (!isEstablished(await admin.get(reference))) await sleep(50)
    const { group, versions } = fieldsOf(spec)
    for (const { name, served } of versions as readonly Fields[]) {
      if (served === true) await untilServed(admin, `${group}/${name}`, metadata.name)
    }
  }
}

/** A version comes to discovery a moment after the condition, its group after that, then objects. */
async function untilServed(admin: ApiAdmin, version: string, definition: string): Promise<void> {
  const [plural] = definition.split('.')
  const isIn = async (path: string, list: string, field: string, value: unknown) => {
    const { body } = await admin.send('GET', path, undefined, 404)
    const entries = body[list]
    return Array.isArray(entries) && entries.map(fieldsOf).some((entry) => entry[field] === value)
  }
  while (!(await isIn(`/apis/${version}`, 'resources', 'name', plural))) await sleep(50)
  const [group] = version.split('/')
  while (!(await isIn(`/apis/${group}`, 'versions', 'groupVersion', version))) await sleep(50)
  while (!(await isIn('/apis', 'groups', 'name', group))) await sleep(50)
  await admin.send('GET', `/apis/${version}/${plural}?limit=1`)
}

function isEstablished(definition: ApiObject | undefined): boolean {
  const { conditions } = fieldsOf(definition?.status)
  return (
    Array.isArray(conditions) &&
    conditions.map(fieldsOf).some(({ type, status }) => type === 'Established' && status === 'True')
  )
}

function rootOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}
