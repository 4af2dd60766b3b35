import { generateKeyPairSync } from 'node:crypto'

/** The key pair of a service account, made anew for each test file. */
export const accountKeys = generateKeyPairSync('rsa', { modulusLength: 2_048 })

/** The JSON of a Google service account key; `changes` replace its fields. */
export function serviceAccountKey(changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    type: 'service_account',
    project_id: 'fleet-42',
    private_key_id: 'k1',
    private_key: accountKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    client_email: 'relay@fleet-42.iam.gserviceaccount.com',
    token_uri: 'https://oauth2.googleapis.com/token',
    ...changes,
  })
}
