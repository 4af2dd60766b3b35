import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'

/** What a secret holds. */
export type SecretContent = string | Uint8Array

/** Gives a secret this value, and makes it when it is not there. */
export async function putSecret(
  client: SecretsManagerClient,
  id: string,
  content: SecretContent,
): Promise<void> {
  const value = typeof content === 'string' ? { SecretString: content } : { SecretBinary: content }
  try {
    await client.send(new PutSecretValueCommand({ SecretId: id, ...value }))
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error
    await client.send(new CreateSecretCommand({ Name: id, ...value }))
  }
}

/** Deletes a secret for good, also one that is gone or marked for deletion. */
export async function deleteSecret(client: SecretsManagerClient, SecretId: string): Promise<void> {
  await client.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }))
}
