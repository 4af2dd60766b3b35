import {
  type ClusterTokens,
  NOBODYS_TOKENS,
  tokenHash,
  tokenHashMatches,
} from '../../relay/api/credentials.ts'
import type {
  AnySender,
  ClusterCredentials,
  Operator,
  ProvenSenders,
} from '../../relay/api/senders.ts'
import type { ConfigStore } from '../../relay/ports/config-store.ts'
import { createUnprovenBodies } from '../kit/unproven-bodies.ts'
import type { Tokens } from './tokens.ts'

/** Senders of a relay without tokens, which its own machine only can reach. */
export function anySender(own: string, configs: Pick<ConfigStore, 'read'>): AnySender {
  // A configuration is replaced but never removed, so a cluster once known stays known.
  const known = new Set([own])
  return {
    kind: 'any',
    cluster: own,
    isKnown(cluster) {
      if (known.has(cluster)) return true
      return configs.read(cluster).then((config) => {
        if (config !== undefined) known.add(cluster)
        return config !== undefined
      })
    },
  }
}

/** Senders that prove themselves by the tokens of a file, which may be other ones at each request. */
export function tokenSenders(tokens: () => Tokens): ProvenSenders {
  const credentials = latest(tokens)
  return {
    kind: 'proven',
    clusters: {
      async judge(cluster, proof) {
        const own = credentials().clusters.get(cluster)
        if (await proof(own ?? NOBODYS)) return 'allowed'
        return own === undefined ? 'unknown' : 'refused'
      },
    },
    operatorOf(token) {
      // Every operator is asked, so the time does not tell which one it is.
      const matching = credentials().operators.filter(({ hashes }) =>
        tokenHashMatches(token, hashes),
      )
      return matching[0]?.operator
    },
    clusterOfToken(token) {
      // Every cluster is asked, so the time does not tell which one it is.
      const matching = [...credentials().clusters].filter(([, { hashes }]) =>
        tokenHashMatches(token, hashes),
      )
      return matching[0]?.[0]
    },
    unproven: createUnprovenBodies(),
  }
}

interface OperatorCredentials {
  readonly operator: Operator
  /** The SHA-256 of the valid tokens, in hex. */
  readonly hashes: readonly string[]
}

interface Credentials {
  readonly operators: readonly OperatorCredentials[]
  readonly clusters: ReadonlyMap<string, ClusterCredentials>
}

/** An unknown cluster costs the same work as a known one. */
const NOBODYS = credentialsOf(NOBODYS_TOKENS)

function credentialsOf(tokens: ClusterTokens): ClusterCredentials {
  return { hashes: tokens.map(tokenHash), keys: async () => tokens }
}

/** Hashes each version of the tokens once. */
function latest(tokens: () => Tokens): () => Credentials {
  let read: Tokens | undefined
  let credentials: Credentials = { operators: [], clusters: new Map() }
  return () => {
    const now = tokens()
    if (now === read) return credentials
    read = now
    credentials = {
      operators: now.operators.map(({ tokens, ...operator }) => ({
        operator,
        hashes: tokens.map(tokenHash),
      })),
      clusters: new Map([...now.clusters].map(([name, own]) => [name, credentialsOf(own)])),
    }
    return credentials
  }
}
