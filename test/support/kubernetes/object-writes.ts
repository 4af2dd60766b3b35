import { isDeepStrictEqual } from 'node:util'
import {
  ApiFailure,
  alreadyExists,
  badRequest,
  CHANGED,
  conflict,
  invalid,
  notFound,
  qualifiedName,
} from './api-failure.ts'
import {
  type ApiObject,
  type Fields,
  fieldsOf,
  isFields,
  mergePatch,
  textOf,
  without,
} from './api-object.ts'
import { storedEvent, validateEvent } from './event-forms.ts'
import { newName } from './object-names.ts'
import type { ObjectStore } from './object-store.ts'
import { apiVersionOf, present } from './representations.ts'
import type { RequestTarget } from './request-target.ts'
import { storageOf } from './resource-types.ts'

/** What the server gives an object, and takes from nobody. */
const OWN_METADATA = ['uid', 'creationTimestamp', 'generation', 'resourceVersion', 'managedFields']

export function createObject(store: ObjectStore, target: RequestTarget, body: unknown): ApiObject {
  const { type, namespace } = target
  const written = objectOf(target, body)
  checkNamespace(store, target)
  const name = newName(type, written.metadata)
  if (store.get(storageOf(type), namespace, name)) throw alreadyExists(type, name)
  if (textOf(written.metadata.resourceVersion) !== '') {
    throw new ApiFailure(500, '', 'resourceVersion should not be set on objects to be created')
  }
  const metadata = {
    ...without(written.metadata, OWN_METADATA),
    name,
    ...(namespace !== undefined && { namespace }),
    ...(hasGeneration(target) && { generation: 1 }),
  }
  const object = { ...(hasStatus(target) ? without(written, ['status']) : written), metadata }
  if (type.storedAs) validateEvent(object, type.group)
  return store.put(storageOf(type), object)
}

/** Nothing is made in a namespace that there is not. */
function checkNamespace(store: ObjectStore, { type, namespace }: RequestTarget): void {
  if (!type.isNamespaced) return
  if (namespace === undefined) throw badRequest('an empty namespace may not be set during creation')
  const known = store.get('/namespaces', undefined, namespace)
  if (!known) throw notFound({ group: '', plural: 'namespaces' }, namespace)
}

/** Replaces what is there, or only its status. */
export function updateObject(store: ObjectStore, target: RequestTarget, body: unknown): ApiObject {
  const current = existing(store, target)
  return replace(store, target, current, objectOf(target, body))
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply */
export function patchObject(store: ObjectStore, target: RequestTarget, patch: unknown): ApiObject {
  if (!isFields(patch)) throw badRequest('the patch is not an object')
  const current = existing(store, target)
  const shown = present(current, { ...target, isPartial: false })
  return replace(store, target, current, objectOf(target, mergePatch(shown, patch)))
}

export function deleteObject(store: ObjectStore, target: RequestTarget): Fields {
  const current = existing(store, target)
  store.remove(storageOf(target.type), current)
  const { name, uid } = current.metadata
  const { group, plural } = target.type
  const details = { name, ...(group !== '' && { group }), kind: plural, uid }
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }
}

/** Throws `ApiFailure` when there is none. */
export function existing(
  store: ObjectStore,
  { type, namespace, name = '' }: RequestTarget,
): ApiObject {
  const found = store.get(storageOf(type), type.isNamespaced ? namespace : undefined, name)
  if (!found) throw notFound(type, name)
  return found
}

type Written = Fields & { readonly metadata: Fields }

function replace(
  store: ObjectStore,
  target: RequestTarget,
  current: ApiObject,
  written: Written,
): ApiObject {
  const { type } = target
  const { name } = current.metadata
  const version = textOf(written.metadata.resourceVersion)
  if (version !== '' && version !== current.metadata.resourceVersion) {
    throw conflict(type, name, CHANGED)
  }
  if (version === '' && type.isCustom) {
    const why = 'Invalid value: 0: must be specified for an update'
    throw invalid(type, { kind: qualifiedName(type), name, field: 'metadata.resourceVersion', why })
  }
  const next = merged(target, current, written)
  if (isDeepStrictEqual(next, { ...current })) return current
  const isNewSpec = !isDeepStrictEqual(desired(target, next), desired(target, current))
  const generation = fieldsOf(current.metadata).generation
  const grown = isNewSpec && typeof generation === 'number' ? { generation: generation + 1 } : {}
  return store.put(storageOf(type), { ...next, metadata: { ...next.metadata, ...grown } })
}

/** A write of the status changes nothing else, and the reverse. */
function merged(target: RequestTarget, current: ApiObject, written: Written): Written {
  if (target.subresource === 'status') {
    return { ...without(current, ['status']), metadata: current.metadata, ...statusOf(written) }
  }
  const own = Object.fromEntries(
    Object.entries(current.metadata).filter(([name]) => OWN_METADATA.includes(name)),
  )
  const { name, namespace } = current.metadata
  const identity = { name, ...(namespace !== undefined && { namespace }) }
  const metadata = { ...without(written.metadata, OWN_METADATA), ...identity, ...own }
  if (!hasStatus(target)) return { ...written, metadata }
  return { ...without(written, ['status']), ...statusOf(current), metadata }
}

function statusOf(object: Fields): Fields {
  return 'status' in object ? { status: object.status } : {}
}

/** What a new generation is a change of. */
function desired(target: RequestTarget, object: Fields): Fields {
  return without(object, hasStatus(target) ? ['metadata', 'status'] : ['metadata'])
}

/** Custom objects have one, and those of the kinds with a status. */
function hasGeneration({ type }: RequestTarget): boolean {
  return type.isCustom || (type.statusVersions.length > 0 && type.kind !== 'Namespace')
}

function hasStatus({ type }: RequestTarget): boolean {
  return type.statusVersions.length > 0
}

/** Throws `ApiFailure` for what is no object of this kind. */
function objectOf({ type, version, namespace, name }: RequestTarget, body: unknown): Written {
  if (!isFields(body)) throw badRequest('the body is not an object')
  const apiVersion = apiVersionOf({ type, version })
  // Only objects of built-in kinds may leave out what they are.
  const implied = type.isCustom ? {} : { kind: type.kind, apiVersion }
  const { kind, apiVersion: given } = { ...implied, ...body }
  if (kind !== type.kind || given !== apiVersion) {
    const what = `${textOf(given)}, Kind=${textOf(kind)}`
    throw badRequest(
      `the object provided is unrecognized (${what}), expected ${apiVersion}, Kind=${type.kind}`,
    )
  }
  const metadata = fieldsOf(body.metadata)
  const place = textOf(metadata.namespace)
  if (place !== '' && place !== namespace) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    )
  }
  if (name !== undefined && textOf(metadata.name) !== name) {
    throw badRequest(
      `the name of the object (${textOf(metadata.name)}) does not match the name on the URL (${name})`,
    )
  }
  const fields = without(body, ['kind', 'apiVersion'])
  return { ...(type.storedAs ? storedEvent(fields, type.group) : fields), metadata }
}
