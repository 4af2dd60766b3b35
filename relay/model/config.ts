import { z } from 'zod'
import type { KubernetesObject } from './kubernetes.ts'

/** The form of a cluster's name: one DNS label, RFC 1123. */
export const CLUSTER_NAME_FORM = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** A cluster's name. */
export const ClusterName = z
  .string()
  .regex(CLUSTER_NAME_FORM, 'expected a DNS label such as prod-eu-1')

/** Whether an object takes effect, in the shape of Flux's `Ready` condition. */
export interface ObjectReadiness {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly ready: boolean
  /** The reason, one CamelCase word: `Succeeded`, `ProviderNotFound`, `ValidationFailed`, … */
  readonly reason: string
  readonly message: string
}

/** How many characters of a revision name it among those of its cluster. */
const SHORT_REVISION_LENGTH = 12

/** A revision as records name it. */
export function shortRevision(revision: string): string {
  return revision.slice(0, SHORT_REVISION_LENGTH)
}

/**
 * One cluster's whole set of objects at one time. It is never changed, only replaced as a whole.
 */
export interface ConfigSnapshot {
  readonly cluster: string
  /** The name of the content: SHA-256 over the objects. */
  readonly revision: string
  /**
   * When the set was taken, in milliseconds since the epoch. A set that was taken before the stored
   * one is refused.
   */
  readonly takenAt: number
  /** The Alerts and Providers as they came. */
  readonly manifests: readonly KubernetesObject[]
  readonly objects: readonly ObjectReadiness[]
}
