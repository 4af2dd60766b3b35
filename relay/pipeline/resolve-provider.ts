import type { Provider } from '../model/provider.ts'
import { DEFAULT_TIMEOUT_MS } from '../model/provider.ts'
import type { SecretData } from '../model/secret.ts'
import {
  InvalidSecret,
  type SecretStore,
  type TlsOptions,
  type TransportOptions,
} from '../ports.ts'
import type { ProviderType } from '../providers/contract.ts'
import {
  parseSettings,
  SettingsError,
  type SettingsInput,
  secretPartsOfHeader,
  secretPartsOfUrl,
  sensitiveValues,
  settingsInput,
} from '../providers/settings.ts'
import { createRedactor, type Redact } from '../redact.ts'

/** A Provider with its Secrets read: all that is needed to send to it. */
export interface ResolvedProvider {
  readonly kind: 'resolved'
  readonly settings: unknown
  readonly transport: TransportOptions
  readonly redact: Redact
}

/** `missing`: a Secret may still come. `invalid`: only a person can mend it. */
export interface UnresolvedProvider {
  readonly kind: 'missing' | 'invalid'
  readonly reason: string
}

/** The Secrets that a Provider names, read. */
interface ProviderSecrets {
  readonly main: SecretData | undefined
  readonly cert: SecretData | undefined
  readonly proxy: SecretData | undefined
}

/**
 * Reads a Provider's Secrets and settings. `fresh` reads past the Secret store's cache. Rejects
 * when the store cannot be read. The last result is kept per Provider, and used again while the
 * store hands out the same Secret objects.
 */
export async function resolveProvider(
  cluster: string,
  provider: Provider,
  type: ProviderType,
  store: SecretStore,
  options: { readonly fresh?: boolean } = {},
): Promise<ResolvedProvider | UnresolvedProvider> {
  const secrets = await readSecrets(cluster, provider, store, options).catch(invalidSecret)
  if ('kind' in secrets) return secrets
  const known = lastResolved.get(provider)
  if (known && sameSecrets(known.secrets, secrets)) return known.resolved
  const resolved = resolve(provider, type, secrets)
  lastResolved.set(provider, { secrets, resolved })
  return resolved
}

const lastResolved = new WeakMap<
  Provider,
  {
    readonly secrets: ProviderSecrets
    readonly resolved: ResolvedProvider | UnresolvedProvider
  }
>()

function sameSecrets(a: ProviderSecrets, b: ProviderSecrets): boolean {
  return a.main === b.main && a.cert === b.cert && a.proxy === b.proxy
}

/** Another try would find the same: as a Secret without the needed key (ADR 0008). */
function invalidSecret(error: unknown): UnresolvedProvider {
  if (error instanceof InvalidSecret) return { kind: 'invalid', reason: error.message }
  throw error
}

async function readSecrets(
  cluster: string,
  { metadata, spec }: Provider,
  store: SecretStore,
  options: { readonly fresh?: boolean },
): Promise<ProviderSecrets | UnresolvedProvider> {
  const { namespace } = metadata
  const references = [
    ['secretRef', spec.secretRef],
    ['certSecretRef', spec.certSecretRef],
    ['proxySecretRef', spec.proxySecretRef],
  ] as const
  const [main, cert, proxy] = await Promise.all(
    references.map(([, ref]) => ref && store.read(cluster, namespace, ref.name, options)),
  )
  const read = { main, cert, proxy }
  const values = [main, cert, proxy]
  const missing = references.find(([, ref], index) => ref && values[index] === undefined)
  if (!missing) return read
  const [field, ref] = missing
  const reason = `Secret ${namespace}/${ref?.name} is not known to the relay (spec.${field} of Provider ${namespace}/${metadata.name})`
  return { kind: 'missing', reason }
}

function resolve(
  provider: Provider,
  type: ProviderType,
  secrets: ProviderSecrets,
): ResolvedProvider | UnresolvedProvider {
  try {
    const input = settingsInput(provider, secrets.main ?? {})
    const settings = parseSettings(type.settings, input)
    const transport = transportOptions(provider, type, secrets)
    const redact = createRedactor(secretTexts(type, input, secrets, transport))
    return { kind: 'resolved', settings, transport, redact }
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    const { namespace, name } = provider.metadata
    return { kind: 'invalid', reason: `Provider ${namespace}/${name}: ${error.message}` }
  }
}

function transportOptions(
  { spec }: Provider,
  type: ProviderType,
  secrets: ProviderSecrets,
): TransportOptions {
  const own = type.family === 'commit-status' ? secrets.main : undefined
  const tls = tlsOptions(secrets.cert, 'certSecretRef') ?? tlsOptions(own, 'secretRef')
  const proxyUrl = proxyAddress(spec.proxy, secrets)
  return {
    timeoutMs: spec.timeout ?? DEFAULT_TIMEOUT_MS,
    ...(tls && { tls }),
    ...(proxyUrl && { proxyUrl }),
  }
}

/** `ca.crt`, `tls.crt`, `tls.key`, or their deprecated names; undefined when there are none. */
function tlsOptions(secret: SecretData | undefined, field: string): TlsOptions | undefined {
  if (!secret) return undefined
  const ca = secret['ca.crt'] ?? secret.caFile
  const cert = secret['tls.crt'] ?? secret.certFile
  const key = secret['tls.key'] ?? secret.keyFile
  if (ca === undefined && cert === undefined && key === undefined) {
    if (field === 'secretRef') return undefined
    throw new SettingsError(
      'certSecretRef: the Secret has none of the keys ca.crt, tls.crt and tls.key',
    )
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new SettingsError(`${field}: tls.crt and tls.key go together, and one is missing`)
  }
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
}

const PROXY_PROTOCOLS: ReadonlySet<string> = new Set(['http:', 'https:', 'socks5:'])

/** The proxy's URL with its credentials: `spec.proxy` < the Secret's `proxy` < `proxySecretRef`. */
function proxyAddress(specProxy: string, { main, proxy }: ProviderSecrets): string | undefined {
  if (proxy) {
    if (!proxy.address) throw new SettingsError('proxySecretRef: the Secret needs the key address')
    const url = proxyUrl(proxy.address, 'proxySecretRef: address')
    if (proxy.password && !proxy.username) {
      throw new SettingsError('proxySecretRef: the Secret has a password but no username')
    }
    if (proxy.username) {
      url.username = encodeURIComponent(proxy.username.toWellFormed())
      url.password = encodeURIComponent((proxy.password ?? '').toWellFormed())
    }
    return url.href
  }
  const deprecated = main?.proxy?.trim()
  if (deprecated) return proxyUrl(deprecated, 'secretRef: proxy').href
  return specProxy === '' ? undefined : proxyUrl(specProxy, 'spec.proxy').href
}

function proxyUrl(text: string, field: string): URL {
  const url = URL.parse(text.trim())
  if (!url || text.length > 2_048 || !PROXY_PROTOCOLS.has(url.protocol)) {
    throw new SettingsError(`${field}: expected an http://, https:// or socks5:// URL`)
  }
  if (!isPercentEncoded(url.username) || !isPercentEncoded(url.password)) {
    throw new SettingsError(`${field}: a % in its credentials must be written as %25`)
  }
  return url
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** `username` names someone and opens nothing. The values of `headers` are masked one by one. */
const PUBLIC_KEYS: ReadonlySet<string> = new Set(['username', 'headers'])

/** Every text that must never be shown. */
function secretTexts(
  type: ProviderType,
  input: SettingsInput,
  secrets: ProviderSecrets,
  transport: TransportOptions,
): readonly string[] {
  const stored = [secrets.main, secrets.cert, secrets.proxy].flatMap((secret) =>
    Object.entries(secret ?? {}).flatMap(([key, value]) => {
      if (PUBLIC_KEYS.has(key)) return []
      // Hosts are named in reasons, for a person to know what could not be reached.
      const isUrl = key === 'address' || HTTP_OR_SOCKS.test(value)
      return isUrl ? secretPartsOfUrl(value.trim()) : [withoutCertificates(value)]
    }),
  )
  return [
    ...stored,
    ...Object.values(input.headers).flatMap(secretPartsOfHeader),
    ...sensitiveValues(type.settings, input),
    ...(transport.proxyUrl ? secretPartsOfUrl(transport.proxyUrl) : []),
  ]
}

const HTTP_OR_SOCKS = /^\s*(?:https?|socks5):\/\//i

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[\w+/=\s]*-----END CERTIFICATE-----/g

/** Certificates are public, and a bundle of them long; a private key may stand beside them. */
function withoutCertificates(text: string): string {
  return text.replace(CERTIFICATES, '')
}
