import { randomBytes } from 'node:crypto'
import { tokenHash } from '../../../relay/api/credentials.ts'
import type { Operator } from '../../../relay/api/senders.ts'
import type { Clock } from '../../../relay/ports/clock.ts'

/** How long a session lasts, however much it is used. */
export const SESSION_MS = 12 * 60 * 60_000

/**
 * The most sessions at a time. Where there are as many, the next one ends the oldest of the same token, or
 * else the oldest of all.
 */
export const MAX_SESSIONS = 1_000

/** Who has logged in. It is kept in memory: a restart ends every session. */
export interface Sessions {
  /** Begins a session for an operator's token, and gives its secret id; undefined for any other text. */
  begin(token: string): string | undefined
  /** The operator of a session, as the tokens are now; undefined when it has ended. */
  operatorOf(id: string): Operator | undefined
  end(id: string): void
}

interface Session {
  readonly token: string
  readonly tokenHash: string
  readonly endsAt: number
}

/**
 * Makes the sessions of a host. `operatorOf` judges a token. It is asked again for each request, so that
 * who takes a token out of the tokens file ends its sessions too.
 */
export function createSessions(
  operatorOf: (token: string) => Operator | undefined,
  clock: Pick<Clock, 'now'>,
): Sessions {
  // By the hash of the id, so that the time of a look-up tells nothing of another's id.
  const sessions = new Map<string, Session>()
  const endOldest = (hash: string) => {
    const [oldest] = sessions.keys()
    const own = [...sessions].find(([, session]) => session.tokenHash === hash)?.[0]
    sessions.delete(own ?? oldest ?? '')
  }
  return {
    begin(token) {
      if (operatorOf(token) === undefined) return undefined
      const now = clock.now()
      for (const [key, { endsAt }] of sessions) if (endsAt <= now) sessions.delete(key)
      const hash = tokenHash(token)
      if (sessions.size >= MAX_SESSIONS) endOldest(hash)
      const id = randomBytes(32).toString('base64url')
      sessions.set(tokenHash(id), { token, tokenHash: hash, endsAt: now + SESSION_MS })
      return id
    },
    operatorOf(id) {
      const session = sessions.get(tokenHash(id))
      if (session === undefined || session.endsAt <= clock.now()) return undefined
      return operatorOf(session.token)
    },
    end: (id) => void sessions.delete(tokenHash(id)),
  }
}
