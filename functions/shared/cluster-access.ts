import { type ClusterTokens, NOBODYS_TOKENS } from '../../relay/intake/credentials.ts'
import type { Clock } from '../../relay/ports.ts'

/** Where a cluster's tokens are; `SecretsManagerTokens` is one. */
export interface TokenReader {
  read(cluster: string, options?: { readonly fresh?: boolean }): Promise<ClusterTokens | undefined>
}

/**
 * `allowed`: the proof holds. `refused`: the cluster has tokens, and it holds against none. `unknown`:
 * there is no such cluster, which its sender must not be told.
 */
export type AccessVerdict = 'allowed' | 'refused' | 'unknown'

/** Judges what a sender presents as its credential. */
export interface ClusterAccess {
  /**
   * Tells whether the proof holds against the cluster's tokens. On a mismatch they are read again,
   * past every cache, so that a rotated token counts at once. Rejects when they cannot be read.
   */
  judge(cluster: string, proof: (tokens: ClusterTokens) => boolean): Promise<AccessVerdict>
}

/** So often at most are a cluster's tokens read again: wrong ones must not cost a read each. */
const REREAD_INTERVAL_MS = 30_000

/** Clusters whose last reading is remembered; the one read longest ago is forgotten first. */
const MAX_REMEMBERED = 10_000

/** Access by these tokens. An unknown cluster takes the same steps as a wrong token. */
export function createClusterAccess(
  tokens: TokenReader,
  clock: Pick<Clock, 'elapsed'>,
): ClusterAccess {
  const rereadAt = new Map<string, number>()

  const mayReread = (cluster: string) => {
    const now = clock.elapsed()
    const last = rereadAt.get(cluster)
    if (last !== undefined && now - last < REREAD_INTERVAL_MS) return false
    rereadAt.delete(cluster)
    rereadAt.set(cluster, now)
    const [oldest] = rereadAt.keys()
    if (rereadAt.size > MAX_REMEMBERED && oldest !== undefined) rereadAt.delete(oldest)
    return true
  }

  return {
    async judge(cluster, proof) {
      const verdict = verdictOf(await tokens.read(cluster), proof)
      if (verdict === 'allowed' || !mayReread(cluster)) return verdict
      return verdictOf(await tokens.read(cluster, { fresh: true }), proof)
    },
  }
}

/** The proof is asked also where there is no cluster, so that both answers take the same time. */
function verdictOf(
  tokens: ClusterTokens | undefined,
  proof: (tokens: ClusterTokens) => boolean,
): AccessVerdict {
  if (proof(tokens ?? NOBODYS_TOKENS)) return 'allowed'
  return tokens === undefined ? 'unknown' : 'refused'
}
