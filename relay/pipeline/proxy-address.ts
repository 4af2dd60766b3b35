import type { SecretData } from '../model/secret.ts'
import { ProviderSettingsError, withoutLineEnd } from '../providers/settings-input.ts'

const MAX_LENGTH = 2_048

const PROTOCOLS: ReadonlySet<string> = new Set(['http:', 'https:', 'socks5:'])

/** The most bytes of a user name and of a password for a SOCKS 5 proxy: RFC 1929, section 2. */
const MAX_SOCKS_CREDENTIAL_BYTES = 255

/** Where a Provider may name its proxy. */
export interface ProxySources {
  /** `spec.proxy`, which is deprecated. */
  readonly spec: string
  /** The Provider's Secret, whose key `proxy` is deprecated too. */
  readonly main: SecretData | undefined
  /** The Secret that `spec.proxySecretRef` names. */
  readonly proxy: SecretData | undefined
}

/**
 * The proxy's URL with its credentials; undefined without a proxy. The Secret's `proxy` overrides
 * `spec.proxy`, and `proxySecretRef` overrides both. Throws `ProviderSettingsError` for a proxy that cannot
 * be used.
 */
export function proxyAddress({ spec, main, proxy }: ProxySources): string | undefined {
  if (proxy) return ofSecret(proxy).href
  const deprecated = main?.proxy?.trim()
  if (deprecated) return parse(deprecated, 'secretRef: proxy').href
  const text = spec.trim()
  return text === '' ? undefined : parse(text, 'spec.proxy').href
}

function ofSecret(secret: SecretData): URL {
  const address = secret.address?.trim()
  const username = secret.username?.trim() ?? ''
  const password = withoutLineEnd(secret.password ?? '')
  if (!address) throw new ProviderSettingsError('proxySecretRef: the Secret needs the key address')
  const url = parse(address, 'proxySecretRef: address')
  if (password !== '' && username === '') {
    throw new ProviderSettingsError('proxySecretRef: the Secret has a password but no username')
  }
  if (username === '') return url
  url.username = encodeURIComponent(username.toWellFormed())
  url.password = encodeURIComponent(password.toWellFormed())
  checkCredentials(url, 'proxySecretRef: username and password')
  return url
}

function parse(text: string, field: string): URL {
  const url = URL.parse(text)
  if (!url || text.length > MAX_LENGTH || !PROTOCOLS.has(url.protocol) || !hasHost(url)) {
    throw new ProviderSettingsError(`${field}: expected an http://, https:// or socks5:// URL`)
  }
  checkCredentials(url, field)
  return url
}

/**
 * Whether the URL has a host. The URL parser does not check the host of a scheme that it does not
 * know, such as socks5.
 */
function hasHost({ hostname, port }: URL): boolean {
  return hostname !== '' && port !== '0' && URL.canParse(`http://${hostname}`)
}

function checkCredentials({ protocol, username, password }: URL, field: string): void {
  const decoded = [username, password].map(decode)
  if (decoded.includes(undefined)) {
    throw new ProviderSettingsError(`${field}: a % in its credentials must be written as %25`)
  }
  const isTooLong = decoded.some(
    (text = '') => Buffer.byteLength(text) > MAX_SOCKS_CREDENTIAL_BYTES,
  )
  if (protocol === 'socks5:' && isTooLong) {
    throw new ProviderSettingsError(
      `${field}: SOCKS 5 takes at most ${MAX_SOCKS_CREDENTIAL_BYTES} bytes of each`,
    )
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
