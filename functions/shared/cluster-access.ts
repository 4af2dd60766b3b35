import { NOBODYS_TOKENS, tokenHash } from '../../relay/api/credentials.ts'
import type {
  ClusterAccess,
  ClusterCredentials,
  Proof,
  ProofResult,
} from '../../relay/api/senders.ts'
import { type Expiry, expiresIn, isOver } from '../../relay/model/expiry.ts'
import { keepLatest } from '../../relay/model/latest.ts'
import type { Clock } from '../../relay/ports/clock.ts'

/**
 * Reads the credentials of clusters; `DynamoDbTokens` is one. It does not remember names that no
 * cluster has.
 */
export interface CredentialReader {
  read(
    cluster: string,
    options?: { readonly fresh?: boolean },
  ): Promise<ClusterCredentials | undefined>
}

/**
 * How often a cluster's tokens are read again at most, so that wrong tokens do not cost a read
 * each.
 */
const REREAD_INTERVAL_MS = 30_000

/**
 * The most clusters whose last read is remembered. The one that was read longest ago is forgotten
 * first.
 */
const MAX_REMEMBERED = 10_000

/** Credentials that nobody has. With them an unknown cluster takes as long as a wrong token. */
const NOBODYS: ClusterCredentials = {
  hashes: NOBODYS_TOKENS.map(tokenHash),
  keys: async () => NOBODYS_TOKENS,
}

/**
 * Makes the access by these credentials. On a mismatch they are read again, past every cache, so
 * that a rotated token is valid at once. A name that no cluster has is looked up once.
 */
export function createClusterAccess(
  tokens: CredentialReader,
  clock: Pick<Clock, 'now' | 'elapsed'>,
): ClusterAccess {
  const notReread = new Map<string, Expiry>()

  const mayReread = (cluster: string) => {
    const until = notReread.get(cluster)
    if (until && !isOver(clock, until)) return false
    keepLatest(notReread, cluster, expiresIn(clock, REREAD_INTERVAL_MS), MAX_REMEMBERED)
    return true
  }

  const reread = async (cluster: string) => {
    try {
      return await tokens.read(cluster, { fresh: true })
    } catch (error) {
      // What it would have told is not known: the next request has to ask again.
      notReread.delete(cluster)
      throw error
    }
  }

  return {
    async judge(cluster, proof) {
      const result = await proofResultOf(await tokens.read(cluster), proof)
      if (result !== 'refused' || !mayReread(cluster)) return result
      return proofResultOf(await reread(cluster), proof)
    },
  }
}

/**
 * The verdict on a proof. The proof is also tested when there is no such cluster, so that both
 * answers take the same time.
 */
async function proofResultOf(
  credentials: ClusterCredentials | undefined,
  proof: Proof,
): Promise<ProofResult> {
  if (await proof(credentials ?? NOBODYS)) return 'allowed'
  return credentials === undefined ? 'unknown' : 'refused'
}
