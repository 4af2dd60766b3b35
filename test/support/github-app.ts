import { generateKeyPairSync } from 'node:crypto'
import type { SecretData } from '../../relay/model/secret.ts'

export const APP_ID = '31415'
export const INSTALLATION_ID = '2718281'

/** A key pair of an App, made anew for each test file. */
export const appKeys = generateKeyPairSync('rsa', { modulusLength: 2_048 })

export const APP_KEY_PKCS1 = pem('pkcs1')
export const APP_KEY_PKCS8 = pem('pkcs8')

function pem(type: 'pkcs1' | 'pkcs8'): string {
  return appKeys.privateKey.export({ type, format: 'pem' }).toString()
}

/** The keys of a Secret for an App. */
export function appSecret(changes: SecretData = {}): SecretData {
  return {
    githubAppID: APP_ID,
    githubAppInstallationID: INSTALLATION_ID,
    githubAppPrivateKey: APP_KEY_PKCS1,
    ...changes,
  }
}
