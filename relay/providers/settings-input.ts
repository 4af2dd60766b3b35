import { isMap, isScalar, parseDocument } from 'yaml'
import { z } from 'zod'
import type { Provider } from '../model/provider.ts'
import type { SecretData } from '../model/secret.ts'
import { type UserInfo, withoutUserInfo } from './user-info.ts'

/**
 * A Provider and its Secret as the types' settings schemas read them: the rules that all types
 * share are applied, nothing is checked that only some types need.
 */
export interface SettingsInput {
  /**
   * The Secret's `address` (present even when blank) before the spec's; trimmed, and without the
   * user info of an `http:` or `https:` URL.
   */
  readonly address: string
  /** The same with its user info. */
  readonly addressWithUserInfo: string
  /** The user info that was taken out of `address`, percent-encoded. */
  readonly userInfo: UserInfo | undefined
  readonly channel: string
  /** From spec; the Secret's only beside a password. */
  readonly username: string
  readonly password: string
  readonly token: string
  /** The Secret's YAML map `headers`. */
  readonly headers: Readonly<Record<string, string>>
  readonly serviceAccountName: string
  readonly providerUid: string
  /** The Provider's annotations of the relay, without the prefix `flux-relay.io/`. */
  readonly annotations: Readonly<Record<string, string>>
  /** All keys of the Secret. */
  readonly secret: SecretData
}

/** A Provider that cannot work as it is configured; the message names the field and the fix. */
export class ProviderSettingsError extends Error {
  override readonly name = 'ProviderSettingsError'
}

const MAX_ADDRESS_BYTES = 2_048

/**
 * Reads what all types share. Files that a Secret is made of end in a line break, and YAML makes one
 * of a `|`: what surrounds a text is dropped wherever it can only be a mistake. Throws
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
    token: secret.token?.trim() ?? '',
    headers: parseHeaders(secret.headers),
    serviceAccountName: spec.serviceAccountName,
    providerUid: provider.metadata.uid,
    annotations: provider.annotations,
    secret,
  }
}

/**
 * The Secret's `username` and `password` are a pair; the spec's username may supply the name.
 * notification-controller drops both without a word when one is missing; that is an error here.
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

/** A password may begin and end in blanks; nobody means one to end in a line break. */
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
 * Undefined for a map whose keys are no texts, such as `{{name}}` of a template. The library prints
 * warnings, and they quote the text; with any, the value is not what it says.
 */
function parseYaml(text: string): unknown {
  const document = parseDocument(text, { schema: 'failsafe', logLevel: 'silent' })
  const { contents } = document
  if (isMap(contents) && !contents.items.every(({ key }) => isScalar(key))) return undefined
  try {
    if (document.errors.length === 0 && document.warnings.length === 0) {
      return document.toJS({ maxAliasCount: 20 })
    }
  } catch {
    // An alias that leads nowhere, or to too much.
  }
  throw new ProviderSettingsError(
    'secretRef: the Secret key headers is not YAML; put values with special characters in quotes',
  )
}
