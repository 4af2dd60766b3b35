import { hashParts } from '../model/hash.ts'
import type { Clock } from '../ports.ts'
import type { Failure } from './contract.ts'

/** A token that some service gave for a credential. */
export interface AccessToken {
  readonly kind: 'token'
  readonly token: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** Access tokens, remembered until a minute before they expire. */
export interface AccessTokens {
  /**
   * The token for a credential, fetched when there is none yet. `credential` is all that the token
   * depends on, the secret parts too; only its hash is kept. Callers at the same time share one
   * fetch.
   */
  get(
    credential: readonly string[],
    fetch: () => Promise<AccessToken | Failure>,
  ): Promise<AccessToken | Failure>
  /** Forgets a token that was not accepted. */
  forget(token: string): void
}

/** A token may be used until the end of a try, and clocks differ. */
const EXPIRY_MARGIN_MS = 60_000

/** The one unused for longest is forgotten first. */
const MAX_REMEMBERED = 1_000

export function createAccessTokens(clock: Pick<Clock, 'now'>): AccessTokens {
  const known = new Map<string, AccessToken>()
  const fetching = new Map<string, Promise<AccessToken | Failure>>()

  const remember = (key: string, token: AccessToken) => {
    known.delete(key)
    known.set(key, token)
    const [oldest] = known.keys()
    if (known.size > MAX_REMEMBERED && oldest !== undefined) known.delete(oldest)
  }

  return {
    async get(credential, fetch) {
      const key = hashParts(...credential)
      const token = known.get(key)
      if (token && clock.now() < token.expiresAt - EXPIRY_MARGIN_MS) {
        remember(key, token)
        return token
      }
      const fetched = fetching.get(key) ?? fetch().finally(() => fetching.delete(key))
      fetching.set(key, fetched)
      const result = await fetched
      if (result.kind === 'token') remember(key, result)
      return result
    },
    forget(token) {
      for (const [key, value] of known) if (value.token === token) known.delete(key)
    },
  }
}
