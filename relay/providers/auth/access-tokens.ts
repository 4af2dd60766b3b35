import { type Expiry, type ExpiryClock, expiresIn, isOver } from '../../model/expiry.ts'
import { hashParts } from '../../model/hash.ts'
import { keepLatest } from '../../model/latest.ts'
import type { Failure } from '../verdict.ts'

/** A token that a service issued for a credential. */
export interface AccessToken {
  readonly kind: 'token'
  readonly token: string
  /** How long it is valid after it was issued, in milliseconds. */
  readonly validMs: number
}

/** Remembers access tokens until a minute before they expire. */
export interface AccessTokens {
  /**
   * The token for a credential. It is fetched when none is remembered. `credential` is everything
   * that the token depends on, secrets included; only its hash is kept. Callers at the same time
   * share one fetch.
   */
  get(
    credential: readonly string[],
    fetch: () => Promise<AccessToken | Failure>,
  ): Promise<AccessToken | Failure>
  /** Forgets a token that the service did not accept. */
  forget(token: string): void
}

/** How long before its end a token is not used any more: a try takes time, and clocks differ. */
const EXPIRY_MARGIN_MS = 60_000

/** The most tokens that are remembered. The one that was used longest ago is forgotten first. */
const MAX_REMEMBERED = 1_000

interface KnownToken {
  readonly token: AccessToken
  /** When the token must not be used any more: its end less the margin. */
  readonly expiry: Expiry
}

export function createAccessTokens(clock: ExpiryClock): AccessTokens {
  const known = new Map<string, KnownToken>()
  const fetching = new Map<string, Promise<AccessToken | Failure>>()

  const remember = (key: string, token: KnownToken) => {
    keepLatest(known, key, token, MAX_REMEMBERED)
  }

  return {
    async get(credential, fetch) {
      const key = hashParts(...credential)
      const found = known.get(key)
      if (found && !isOver(clock, found.expiry)) {
        remember(key, found)
        return found.token
      }
      const fetched = fetching.get(key) ?? fetch().finally(() => fetching.delete(key))
      fetching.set(key, fetched)
      const result = await fetched
      if (result.kind === 'token') {
        const expiry = expiresIn(clock, result.validMs - EXPIRY_MARGIN_MS)
        remember(key, { token: result, expiry })
      }
      return result
    },
    forget(token) {
      for (const [key, value] of known) if (value.token.token === token) known.delete(key)
    },
  }
}
