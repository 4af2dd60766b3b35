import type { SecretData } from '../../../relay/model/secret.ts'
import type { SecretName } from '../spool/sync-memory.ts'

/** A copy that was written. */
export interface WrittenCopy {
  /** How it was written. `restored`: it was scheduled for deletion, which was cancelled first. */
  readonly how: 'created' | 'updated' | 'restored'
  /** The version of what was written. It shows nothing of the content. */
  readonly versionId: string
  /** The reason why an older copy in another place could not be deleted. */
  readonly left?: string
}

/** The result of a deletion. `foreign`: the copy stays, because the shipper did not make it. */
export type RemovalResult = 'deleted' | 'absent' | 'foreign'

/**
 * The place from which the relay reads a cluster's Secrets. All methods reject when it fails; the
 * errors show nothing of a Secret's content.
 */
export interface SecretCopies {
  /** The most calls that may be under way at once. */
  readonly atOnce: number
  /** Writes the copy, and replaces an older one. */
  write(secret: SecretName, data: SecretData): Promise<WrittenCopy>
  /** Whether the copy is still what was written as this version: nobody changed or deleted it. */
  isCurrent(secret: SecretName, versionId: string): Promise<boolean>
  /** Deletes a copy. A person can restore it for some days. */
  remove(secret: SecretName): Promise<RemovalResult>
}
