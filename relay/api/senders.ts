import type { TakeBytes } from './http.ts'

/** What a cluster proves itself by. */
export interface ClusterCredentials {
  /** SHA-256 of the tokens that are valid, in hex. */
  readonly hashes: readonly string[]
  /** Keys of signatures. Rejects when they cannot be read. */
  keys(): Promise<readonly string[]>
}

/** Whether what a sender presents is of the cluster with these credentials. */
export type Proof = (credentials: ClusterCredentials) => boolean | Promise<boolean>

/**
 * `allowed`: the proof holds. `refused`: the cluster has tokens, and it holds against none. `unknown`:
 * there is no such cluster, which its sender must not be told.
 */
export type ProofResult = 'allowed' | 'refused' | 'unknown'

/** Judges what a sender presents as its credential. */
export interface ClusterAccess {
  /**
   * Tells whether the proof holds against the cluster's credentials; of an unknown cluster it is asked
   * too, so that both take the same time. Rejects when the credentials cannot be read.
   */
  judge(cluster: string, proof: Proof): Promise<ProofResult>
}

/** The memory of one body whose sender is not known before all of it is there. */
export interface UnprovenBody {
  readonly take: TakeBytes
  /** Gives back what was taken. */
  close(): void
}

/** Bounds the memory of bodies whose sender is not known yet. */
export interface UnprovenBodies {
  /** `address` is the sender's IP address. */
  open(address: string): UnprovenBody
}

/** Senders that prove who they are. */
export interface ProvenSenders {
  readonly kind: 'proven'
  readonly clusters: ClusterAccess
  /** Whether a token is an operator's. Absent where operators do not come by HTTP. */
  readonly isOperator?: (token: string) => boolean
  /** The cluster whose token this is. Absent where each path names the cluster. */
  readonly clusterOfToken?: (token: string) => string | undefined
  /** Absent where the host has read the body before it asks. */
  readonly unproven?: UnprovenBodies
}

/** Everyone may do everything: for a server that only its own machine, or its own cluster, reaches. */
export interface AnySender {
  readonly kind: 'any'
  /** The host's own cluster: of it are events without a cluster in their path. */
  readonly cluster: string
  /** Whether there is such a cluster. Rejects when the store fails. */
  isKnown(cluster: string): boolean | Promise<boolean>
}

/** Who sends, as a host knows it. */
export type Senders = ProvenSenders | AnySender
