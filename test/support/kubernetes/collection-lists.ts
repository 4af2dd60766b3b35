import { ApiFailure, badRequest, expiredToken, expiredVersion } from './api-failure.ts'
import type { Fields } from './api-object.ts'
import { parseSelector } from './field-selectors.ts'
import type { ObjectStore } from './object-store.ts'
import { presentList, type Representation } from './representations.ts'
import type { RequestTarget } from './request-target.ts'
import { storageOf } from './resource-types.ts'

/** Where the next page of a list begins, and of what moment it is. */
interface ContinueToken {
  readonly revision: number
  readonly offset: number
}

/** One page, of the moment when the first was read. Throws `ApiFailure`. */
export function listObjects(
  store: ObjectStore,
  target: RequestTarget,
  view: Representation,
): Fields {
  const { query, type } = target
  const token = query.get('continue') ?? ''
  const { revision, offset } = token === '' ? startOf(store, query) : decode(store, token)
  const matches = parseSelector(type, query.get('fieldSelector') ?? undefined)
  const all = store
    .listAt(storageOf(type), revision)
    .filter(({ metadata }) => !target.namespace || metadata.namespace === target.namespace)
    .filter(matches)
  const limit = Number(query.get('limit') ?? 0)
  const end = limit > 0 ? offset + limit : all.length
  const left = all.length - end
  const metadata = {
    resourceVersion: String(revision),
    ...(left > 0 && { continue: encode({ revision, offset: end }) }),
    ...(left > 0 && !query.has('fieldSelector') && { remainingItemCount: left }),
  }
  return presentList(all.slice(offset, end), view, metadata)
}

function startOf(store: ObjectStore, query: URLSearchParams): ContinueToken {
  const asked = versionOf(query)
  if (asked > store.revision) throw tooLarge(asked, store.revision)
  if (query.get('resourceVersionMatch') !== 'Exact') return { revision: store.revision, offset: 0 }
  if (asked < store.compacted) throw expiredVersion()
  return { revision: asked, offset: 0 }
}

/** 0 when there is none. Throws `ApiFailure` for one that is no number. */
export function versionOf(query: URLSearchParams): number {
  const text = query.get('resourceVersion') ?? ''
  if (/^\d*$/.test(text)) return Number(text)
  throw new ApiFailure(500, '', `resourceVersion: Invalid value: "${text}": invalid syntax`)
}

function tooLarge(asked: number, current: number): ApiFailure {
  const message = `Timeout: Too large resource version: ${asked}, current: ${current}`
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }]
  return new ApiFailure(504, 'Timeout', message, { causes, retryAfterSeconds: 1 })
}

function encode(token: ContinueToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url')
}

function decode(store: ObjectStore, text: string): ContinueToken {
  const token = parseToken(text)
  if (token.revision >= store.compacted) return token
  throw expiredToken(encode({ ...token, revision: store.revision }))
}

function parseToken(text: string): ContinueToken {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    throw badRequest('invalid continue token: continue key is not valid')
  }
}
