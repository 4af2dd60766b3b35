import type { BodyRoom } from './http.ts'

/** The credentials of a cluster. */
export interface ClusterCredentials {
  /** The SHA-256 of the valid tokens, in hex. */
  readonly hashes: readonly string[]
  /** The keys of signatures. Rejects when they cannot be read. */
  keys(): Promise<readonly string[]>
}

/** Whether the credential that a sender presents belongs to the cluster with these credentials. */
export type Proof = (credentials: ClusterCredentials) => boolean | Promise<boolean>

/**
 * The result of a proof. `allowed`: the proof is right. `refused`: the cluster has tokens, and the
 * proof fits none. `unknown`: there is no such cluster, which the sender must not learn.
 */
export type ProofResult = 'allowed' | 'refused' | 'unknown'

/** Judges the credentials that senders present. */
export interface ClusterAccess {
  /**
   * Tests the proof against the cluster's credentials. It is also tested for an unknown cluster, so
   * that both take the same time. Rejects when the credentials cannot be read.
   */
  judge(cluster: string, proof: Proof): Promise<ProofResult>
}

/**
 * The roles of operators. A `viewer` may read what an `operator` may read, and may change nothing.
 */
export const OPERATOR_ROLES = ['viewer', 'operator'] as const
export type OperatorRole = (typeof OPERATOR_ROLES)[number]

/** A person or a program that looks after the relay. */
export interface Operator {
  /** The name that records show. Absent for a token that has none. */
  readonly name?: string
  readonly role: OperatorRole
}

/** Senders that prove who they are. */
export interface ProvenSenders {
  readonly kind: 'proven'
  readonly clusters: ClusterAccess
  /** The operator that a token belongs to. Absent when operators do not use HTTP. */
  readonly operatorOf?: (token: string) => Operator | undefined
  /** The cluster that a token belongs to. Absent when each path names the cluster. */
  readonly clusterOfToken?: (token: string) => string | undefined
  /**
   * The memory for bodies whose senders are not known before the whole body has arrived, by the sender's IP address.
   * Absent when the host has read the body before it asks.
   */
  readonly unproven?: BodyRoom
}

/**
 * Every sender may do everything. It is for a server that only its own machine, or its own cluster,
 * can reach.
 */
export interface AnySender {
  readonly kind: 'any'
  /** The host's own cluster, to which events without a cluster in their path belong. */
  readonly cluster: string
  /** Whether the cluster exists. Rejects when the store fails. */
  isKnown(cluster: string): boolean | Promise<boolean>
}

/** Who may send, and how a host knows it. */
export type Senders = ProvenSenders | AnySender
