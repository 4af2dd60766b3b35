import {
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  ResourceNotFoundException,
} from '@aws-sdk/client-secrets-manager'
import { mapConcurrently } from './concurrency.ts'
import { partId } from './secret-ids.ts'
import { readHead, type SecretSet, type SetHead } from './secret-set.ts'

/** The one request for reading; a `SecretsManagerClient` has it. */
export interface SecretReader {
  send(command: GetSecretValueCommand): Promise<GetSecretValueCommandOutput>
}

const CONCURRENT_READS = 8

/** A set, with the head through which it was found. */
export interface FoundSet {
  readonly head: SetHead
  readonly secrets: SecretSet
}

/**
 * Reads a set by the text under its id. A head names one version of each part, so all parts are
 * from one write, whatever is written in between. Rejects with what `readHead` throws, and when
 * Secrets Manager fails.
 */
export async function findSet(
  client: SecretReader,
  id: string,
  text: string | undefined,
): Promise<FoundSet> {
  const head = readHead(text, id)
  if (head.kind === 'whole') return { head, secrets: head.secrets }
  const parts = await mapConcurrently(head.versions, CONCURRENT_READS, (VersionId, index) =>
    readPart(client, partId(id, index), VersionId),
  )
  const whole = readHead(parts.join(''), id)
  if (whole.kind !== 'whole') throw new Error(`the parts of ${id} name other parts`)
  return { head, secrets: whole.secrets }
}

async function readPart(
  client: SecretReader,
  SecretId: string,
  VersionId: string,
): Promise<string> {
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId, VersionId }))
    if (SecretString !== undefined) return SecretString
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error
  }
  // Two whole writes since the head was read, or a person: the next read begins with another head.
  throw new Error(`${SecretId} in Secrets Manager has no version ${VersionId} any more`)
}
