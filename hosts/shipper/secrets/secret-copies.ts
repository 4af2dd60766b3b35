import type { SecretData } from '../../../relay/model/secret.ts'
import type { SecretName } from '../spool/sync-memory.ts'

/** A copy that was written. */
export interface WrittenCopy {
  /** `restored`: it was scheduled for deletion, which was taken back first. */
  readonly how: 'created' | 'updated' | 'restored'
  /** Names what was written, and shows nothing of it. */
  readonly versionId: string
  /** Why what there was of it before, in another place, could not be deleted. */
  readonly left?: string
}

/** `foreign`: it is there and stays, since the shipper did not make it. */
export type RemovalResult = 'deleted' | 'absent' | 'foreign'

/**
 * Where the relay reads a cluster's Secrets. All reject when it fails, with a message that shows
 * nothing of a Secret's content.
 */
export interface SecretCopies {
  /** How many of its calls may be under way together. */
  readonly atOnce: number
  /** Puts the copy in the place of what was there. */
  write(secret: SecretName, data: SecretData): Promise<WrittenCopy>
  /** Whether the copy still is what was written as this version: nobody changed or deleted it. */
  isCurrent(secret: SecretName, versionId: string): Promise<boolean>
  /** Deletes a copy in a way that a person can take back for some days. */
  remove(secret: SecretName): Promise<RemovalResult>
}
