import type { KeyObject } from 'node:crypto'
import type { z } from 'zod'
import type { SecretData } from '../../model/secret.ts'
import { LEAST_RSA_KEY_BITS, readRsaKey } from './rsa-key.ts'

/** A GitHub App, and the installation to act as. */
export interface GithubApp {
  readonly kind: 'app'
  /** The App's app id, or its client id. */
  readonly id: string
  readonly installation: { readonly id: string } | { readonly owner: string }
  readonly privateKey: KeyObject
  readonly privateKeyPem: string
  /** The URL of the API that issues tokens, without `/` at its end. */
  readonly baseUrl: string
}

const KEYS = [
  'githubAppID',
  'githubAppInstallationID',
  'githubAppInstallationOwner',
  'githubAppPrivateKey',
] as const
type Key = (typeof KEYS)[number] | 'githubAppBaseURL'

const HAS_KEYS = 'the Secret named by spec.secretRef'

export function hasGithubApp(secret: SecretData): boolean {
  return KEYS.some((key) => secret[key] !== undefined)
}

/**
 * Reads an App from the keys of a Secret; undefined, with an issue for each missing or wrong key,
 * when that fails. No issue shows a value. `apiUrl` is that of the Provider's address, and is used
 * when the Secret names no other.
 */
export function githubApp(
  secret: SecretData,
  apiUrl: string,
  context: z.RefinementCtx,
): GithubApp | undefined {
  const issue = (key: Key, message: string) => {
    context.addIssue({ code: 'custom', path: [key], message })
    return undefined
  }
  const id = matching(secret.githubAppID, /^[\w.-]{1,100}$/)
  const privateKeyPem = secret.githubAppPrivateKey ?? ''
  const privateKey = readRsaKey(privateKeyPem)
  const installation = readInstallation(secret, issue)
  const baseUrl = readBaseUrl(secret.githubAppBaseURL?.trim() || apiUrl)
  if (!id) issue('githubAppID', `${HAS_KEYS} needs this key with the id of the App`)
  if (!privateKey) issue('githubAppPrivateKey', privateKeyError(privateKeyPem))
  if (!baseUrl) issue('githubAppBaseURL', 'expected an http:// or https:// URL without a query')
  if (!id || !privateKey || !installation || !baseUrl) return undefined
  return { kind: 'app', id, installation, privateKey, privateKeyPem, baseUrl }
}

type AddIssue = (key: Key, message: string) => undefined

function readInstallation(
  { githubAppInstallationID: idText, githubAppInstallationOwner: ownerText }: SecretData,
  issue: AddIssue,
): GithubApp['installation'] | undefined {
  if (idText !== undefined && ownerText !== undefined) {
    return issue(
      'githubAppInstallationID',
      `${HAS_KEYS} has githubAppInstallationOwner too; remove one of the two`,
    )
  }
  if (ownerText !== undefined) {
    const owner = matching(ownerText, /^[\w-]{1,100}$/)
    if (owner) return { owner }
    return issue('githubAppInstallationOwner', 'expected the name of an organization or a user')
  }
  const id = matching(idText, /^\d{1,20}$/)
  if (id) return { id }
  return issue(
    'githubAppInstallationID',
    `${HAS_KEYS} needs this key with a number, or the key githubAppInstallationOwner`,
  )
}

/**
 * The text without surrounding blanks, if it has this form. Files that Secrets are made of end in a
 * line break.
 */
function matching(text: string | undefined, pattern: RegExp): string | undefined {
  const trimmed = text?.trim() ?? ''
  return pattern.test(trimmed) ? trimmed : undefined
}

function privateKeyError(pem: string): string {
  if (pem.trim() === '') return `${HAS_KEYS} needs this key with a private key of the App`
  return `expected an RSA private key of at least ${LEAST_RSA_KEY_BITS} bits in PEM form, PKCS#1 or PKCS#8, without a passphrase`
}

function readBaseUrl(text: string): string | undefined {
  const url = URL.parse(text)
  const isPlain = url && /^https?:$/.test(url.protocol) && !/[?#@]/.test(text)
  return isPlain ? text.replace(/\/$/, '') : undefined
}
