import { hash } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import { keepLatest } from '../../relay/model/latest.ts'
import type { TlsOptions } from '../../relay/ports/http.ts'

/** The most contexts that are kept for each list of roots. The one that was made or used longest ago goes first. */
const MAX_CONTEXTS = 16

/** The contexts for each list of roots, by a hash of what else is in them. */
const contexts = new WeakMap<readonly string[], Map<string, SecureContext>>()

/**
 * The context that trusts many root certificates, and the CA beside them if there is one. It is shared by
 * all that ask for the same: the roots of a host take 30 ms to read and more than a megabyte to keep.
 * Throws what Node throws for a certificate or a key that it cannot read.
 */
export function rootedContext(roots: readonly string[], options: TlsOptions = {}): SecureContext {
  const { ca, cert, key } = options
  const known = contexts.get(roots) ?? new Map<string, SecureContext>()
  contexts.set(roots, known)
  // A hash, so that no key is kept longer than its context.
  const id = hash('sha256', JSON.stringify([ca ?? null, cert ?? null, key ?? null]), 'base64')
  const context =
    known.get(id) ??
    createSecureContext({ ca: ca === undefined ? [...roots] : [...roots, ca], cert, key })
  keepLatest(known, id, context, MAX_CONTEXTS)
  return context
}
