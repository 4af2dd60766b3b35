import { defined, type Fields } from './api-object.ts'

/** An answer of the API that is an error: a `Status`. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
  readonly code: number
  readonly body: Fields

  /** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
  constructor(code: number, reason: string, message: string, details?: Fields, metadata?: Fields) {
    super(message)
    this.code = code
    this.body = defined({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: metadata ?? {},
      status: 'Failure',
      message,
      reason: reason === '' ? undefined : reason,
      details,
      code,
    })
  }
}

/** The `group` and the plural of a resource, as errors name it. */
export interface NamedResource {
  readonly group: string
  readonly plural: string
}

/** `alerts.notification.toolkit.fluxcd.io` */
export function qualifiedName({ group, plural }: NamedResource): string {
  return group === '' ? plural : `${plural}.${group}`
}

function detailsOf({ group, plural }: NamedResource, name: string): Fields {
  return defined({ name: name || undefined, group: group || undefined, kind: plural })
}

export function unauthorized(): ApiFailure {
  return new ApiFailure(401, 'Unauthorized', 'Unauthorized')
}

export function badRequest(message: string): ApiFailure {
  return new ApiFailure(400, 'BadRequest', message)
}

/** A path of a group and version that are served. */
export function noSuchPath(): ApiFailure {
  return new ApiFailure(404, 'NotFound', 'the server could not find the requested resource', {})
}

/** A path of no group: no `Status` but a plain text. */
export class NoSuchGroup extends Error {
  override readonly name = 'NoSuchGroup'
  readonly body = '404 page not found\n'
}

export function notFound(resource: NamedResource, name: string): ApiFailure {
  const message = `${qualifiedName(resource)} "${name}" not found`
  return new ApiFailure(404, 'NotFound', message, detailsOf(resource, name))
}

export function alreadyExists(resource: NamedResource, name: string): ApiFailure {
  const message = `${qualifiedName(resource)} "${name}" already exists`
  return new ApiFailure(409, 'AlreadyExists', message, detailsOf(resource, name))
}

export function conflict(resource: NamedResource, name: string, why: string): ApiFailure {
  const message = `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}": ${why}`
  return new ApiFailure(409, 'Conflict', message, detailsOf(resource, name))
}

export const CHANGED =
  'the object has been modified; please apply your changes to the latest version and try again'

export interface InvalidField {
  /** What the server calls the object: its kind, or the plural of a custom one. */
  readonly kind: string
  readonly name: string
  readonly field: string
  readonly why: string
}

export function invalid(
  resource: NamedResource,
  { kind, name, field, why }: InvalidField,
): ApiFailure {
  const message = `${kind} "${name}" is invalid: ${field}: ${why}`
  const details = { ...detailsOf(resource, name), kind, causes: [{ message: why, field }] }
  return new ApiFailure(422, 'Invalid', message, details)
}

/** The continue token of a list that was compacted away, with one that goes on regardless. */
export function expiredToken(next: string): ApiFailure {
  const message =
    'The provided continue parameter is too old to display a consistent list result. You can start a new list.'
  return new ApiFailure(410, 'Expired', message, undefined, { continue: next })
}

export function expiredVersion(): ApiFailure {
  const message = 'The resourceVersion for the provided watch is too old.'
  return new ApiFailure(410, 'Expired', message)
}
