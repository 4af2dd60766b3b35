import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * The tokens that a cluster, or an operator, may use now. There are two while one is being
 * replaced.
 */
export type ClusterTokens = readonly string[]

/**
 * The form of a token: visible ASCII characters without spaces, which a header can carry. It is not
 * empty.
 */
export const TOKEN_FORM = /^[!-~]+$/

/**
 * A token that nobody has. It is compared for unknown clusters, so that they take as long as known
 * ones.
 */
export const NOBODYS_TOKENS: ClusterTokens = [randomBytes(32).toString('hex')]

/** Whether the presented token is one of these. The time does not depend on how similar it is. */
export function tokenMatches(presented: string, tokens: ClusterTokens): boolean {
  const digest = sha256(presented)
  return someInConstantTime(tokens, (token) => timingSafeEqual(sha256(token), digest))
}

/**
 * The SHA-256 of a token, in hex, which is what is stored. Tokens are random, so the hash needs no
 * salt and need not be slow.
 */
export function tokenHash(token: string): string {
  return sha256(token).toString('hex')
}

/**
 * Whether the presented token has one of these hashes. The time does not depend on how similar it
 * is.
 */
export function tokenHashMatches(presented: string, hashes: readonly string[]): boolean {
  const digest = sha256(presented)
  return someInConstantTime(hashes, (hash) => timingSafeEqual(Buffer.from(hash, 'hex'), digest))
}

const SIGNATURE = /^sha256=([0-9a-f]{64})$/i

/**
 * Whether `X-Signature` signs the body, as it was sent, with one of the tokens as the key. The form
 * is that of Flux's `generic-hmac` provider, `sha256=<hex>`; other hashes are not accepted. If the
 * file of a Secret's token ends in a line break, Flux signs with the line break as part of the key.
 * https://fluxcd.io/flux/components/notification/providers/#generic-webhook-with-hmac
 */
export function signatureMatches(
  header: string,
  bodyAsSent: Uint8Array,
  tokens: ClusterTokens,
): boolean {
  const [, hex] = SIGNATURE.exec(header.trim()) ?? []
  if (hex === undefined) return false
  const presented = Buffer.from(hex, 'hex')
  const keys = tokens.flatMap((token) => [token, `${token}\n`])
  return someInConstantTime(keys, (key) =>
    timingSafeEqual(createHmac('sha256', key).update(bodyAsSent).digest(), presented),
  )
}

/** The token of `Authorization: Bearer`; undefined for another scheme. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
}

/** User and password of `Authorization: Basic` (RFC 7617): only the first colon separates them. */
export function basicCredentials(
  authorization: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization ?? '') ?? []
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  return { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Does what `some` does, but always tests every value. */
function someInConstantTime<T>(values: readonly T[], test: (value: T) => boolean): boolean {
  return values.filter(test).length > 0
}
