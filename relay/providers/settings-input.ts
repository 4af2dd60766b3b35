import { isMap, isScalar, parseDocument } from 'yaml'
import { z } from 'zod'
import type { Provider } from '../model/provider.ts'
import type { SecretData } from '../model/secret.ts'
import { type UserInfo, withoutUserInfo } from './user-info.ts'

/**
 * A Provider and its Secret, as the types' settings schemas read them. The rules that all types
 * share are applied; what only some types need is not checked.
 */
export interface SettingsInput {
  /**
   * The address: that of the Secret (even a blank one), or else that of the spec. It is trimmed,
   * and an `http:` or `https:` URL has no user info.
   */
  readonly address: string
  /** The address with its user info. */
  readonly addressWithUserInfo: string
  /** The user info that was removed from `address`, percent-encoded. */
  readonly userInfo: UserInfo | undefined
  readonly channel: string
  /** The user name from the spec. That of the Secret is used only with a password. */
  readonly username: string
  /** The user name from the spec alone, for a type whose Secret names somebody else. */
  readonly specUsername: string
  readonly password: string
  readonly token: string
  /** The YAML map `headers` of the Secret. */
  readonly headers: Readonly<Record<string, string>>
  readonly serviceAccountName: string
  readonly providerUid: string
  /** The Provider's annotations of the relay, without the prefix `flux-relay.io/`. */
  readonly annotations: Readonly<Record<string, string>>
  /** All keys of the Secret. */
  readonly secret: SecretData
}

/**
 * The error for a Provider that cannot work with its configuration. The message names the field and
 * what to do.
 */
export class ProviderSettingsError extends Error {
  override readonly name = 'ProviderSettingsError'
}

const MAX_ADDRESS_BYTES = 2_048

/**
 * Reads what all types share. Files that Secrets are made of end in a line break, and so does
 * YAML's `|`: surrounding white space is removed wherever it can only be a mistake. Throws
 * `ProviderSettingsError`.
 */
export function settingsInput(provider: Provider, secret: SecretData): SettingsInput {
  const { spec } = provider
  const addressWithUserInfo = (secret.address ?? spec.address).trim()
  if (Buffer.byteLength(addressWithUserInfo) > MAX_ADDRESS_BYTES) {
    throw new ProviderSettingsError(`address: longer than ${MAX_ADDRESS_BYTES} bytes`)
  }
  const { address, encoded: userInfo } = withoutUserInfo(addressWithUserInfo)
  return {
    address,
    addressWithUserInfo,
    userInfo,
    channel: spec.channel.trim(),
    ...basicCredentials(spec.username.trim(), secret),
    specUsername: spec.username.trim(),
    token: secret.token?.trim() ?? '',
    headers: parseHeaders(secret.headers),
    serviceAccountName: spec.serviceAccountName,
    providerUid: provider.metadata.uid,
    annotations: provider.annotations,
    secret,
  }
}

/**
 * The `username` and `password` of the Secret, which belong together; the name may come from the
 * spec. notification-controller silently ignores both when one is missing; here that is an error.
 */
function basicCredentials(specUsername: string, secret: SecretData) {
  const password = withoutLineEnd(secret.password ?? '')
  const secretUsername = secret.username?.trim() ?? ''
  if (secretUsername !== '' && password === '') {
    throw new ProviderSettingsError(
      'secretRef: the Secret has a username but no password; add the password',
    )
  }
  return { username: secretUsername || specUsername, password }
}

/**
 * The text without the line break at its end. A password may begin and end in blanks, but never
 * means to end in a line break.
 */
export function withoutLineEnd(text: string): string {
  return text.replace(/[\r\n]{1,100}$/, '')
}

const Texts = z.record(z.string(), z.string())

function parseHeaders(text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined || text.trim() === '') return {}
  const headers = Texts.safeParse(parseYaml(text))
  if (!headers.success) {
    throw new ProviderSettingsError(
      'secretRef: the Secret key headers is not a map of names to texts',
    )
  }
  const entries = Object.entries(headers.data)
  return Object.fromEntries(entries.map(([name, value]) => [name, withoutLineEnd(value)]))
}

/**
 * Parses YAML; undefined for a map whose keys are not texts, such as `{{name}}` of a template. The
 * YAML library prints warnings that quote the text; a value with any warning is not used.
 */
function parseYaml(text: string): unknown {
  // The library compares each key with all others.
  const options = { schema: 'failsafe', logLevel: 'silent', uniqueKeys: false } as const
  const document = parseDocument(text, options)
  const { contents } = document
  const items = isMap(contents) ? contents.items : []
  const names = items.flatMap(({ key }) => (isScalar(key) ? [key.value] : []))
  if (names.length < items.length) return undefined
  const isUnique = new Set(names).size === names.length
  try {
    if (isUnique && document.errors.length === 0 && document.warnings.length === 0) {
      return document.toJS({ maxAliasCount: 20 })
    }
  } catch {
    // An alias that leads nowhere, or to too much.
  }
  throw new ProviderSettingsError(
    'secretRef: the Secret key headers is not YAML; put values with special characters in quotes',
  )
}
