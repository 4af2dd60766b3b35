import type { Awaitable } from '../model/awaitable.ts'
import { FLEET, FLEET_SECRETS_NAMESPACE, isOfFleet } from '../model/fleet.ts'
import type { Provider } from '../model/provider.ts'
import { DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS } from '../model/provider.ts'
import type { VersionedSecret } from '../model/secret.ts'
import type { TransportOptions } from '../ports/http.ts'
import { InvalidSecret, type SecretStore } from '../ports/secret-store.ts'
import type { ProviderType } from '../providers/contract.ts'
import {
  secretPartsOfHeader,
  secretPartsOfUrl,
  secretPartsOfUserInfo,
} from '../providers/secret-parts.ts'
import { parseProviderSettings, sensitiveValues, sentUserInfo } from '../providers/settings.ts'
import {
  ProviderSettingsError,
  type SettingsInput,
  settingsInput,
} from '../providers/settings-input.ts'
import { userInfosOf } from '../providers/user-info.ts'
import { createRedactor, type Redact } from '../redact/redact.ts'
import { proxyAddress } from './proxy-address.ts'
import { tlsOptions } from './tls-options.ts'

/** A Provider with its Secrets read: everything that is needed to send to it. */
export interface ResolvedProvider {
  readonly kind: 'resolved'
  readonly settings: unknown
  readonly transport: TransportOptions
  readonly redact: Redact
  /**
   * Credentials that are sent with each request to their origin that has no `Authorization` of its
   * own.
   */
  readonly credentials?: AddressCredentials
}

/** Credentials that stood in a Provider's address. */
export interface AddressCredentials {
  /** The origin that they may be sent to: `https://host:port`. */
  readonly origin: string
  /** The value of the `Authorization` header: RFC 7617. */
  readonly authorization: string
}

/** `missing`: a Secret may still come. `invalid`: a person has to correct something. */
export interface UnresolvedProvider {
  readonly kind: 'missing' | 'invalid'
  readonly reason: string
}

/** The Secrets that a Provider names, read. */
interface ProviderSecrets {
  readonly main: VersionedSecret | undefined
  readonly cert: VersionedSecret | undefined
  readonly proxy: VersionedSecret | undefined
}

/**
 * Reads a Provider's Secrets and settings. The Secrets of a Provider of the fleet are those of the fleet. `fresh`
 * reads past the Secret store's cache. Rejects when the store cannot be read. The last result is kept per Provider,
 * and used again while its Secrets have the same versions.
 */
export function resolveProvider(
  cluster: string,
  provider: Provider,
  type: ProviderType,
  store: SecretStore,
  options: { readonly fresh?: boolean } = {},
): Awaitable<ResolvedProvider | UnresolvedProvider> {
  const { secretRef, certSecretRef, proxySecretRef } = provider.spec
  if (!secretRef && !certSecretRef && !proxySecretRef) {
    return resolveOnce(provider, type, NO_SECRETS)
  }
  return readSecrets(cluster, provider, store, options).then(
    (secrets) => ('kind' in secrets ? secrets : resolveOnce(provider, type, secrets)),
    invalidSecret,
  )
}

/** Resolves a Provider, unless that was done with Secrets of the same versions. */
function resolveOnce(
  provider: Provider,
  type: ProviderType,
  secrets: ProviderSecrets,
): ResolvedProvider | UnresolvedProvider {
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
  return (
    a.main?.version === b.main?.version &&
    a.cert?.version === b.cert?.version &&
    a.proxy?.version === b.proxy?.version
  )
}

const NO_SECRETS: ProviderSecrets = { main: undefined, cert: undefined, proxy: undefined }

/**
 * The result for a Secret that cannot be used. Another try would find the same, as with a Secret
 * that lacks a key (ADR 0008).
 */
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
  const place = isOfFleet(metadata)
    ? ([FLEET, FLEET_SECRETS_NAMESPACE] as const)
    : ([cluster, metadata.namespace] as const)
  const references = [
    ['secretRef', spec.secretRef],
    ['certSecretRef', spec.certSecretRef],
    ['proxySecretRef', spec.proxySecretRef],
  ] as const
  const [main, cert, proxy] = await Promise.all(
    references.map(([, ref]) => ref && store.read(...place, ref.name, options)),
  )
  const read = { main, cert, proxy }
  const values = [main, cert, proxy]
  const missing = references.find(([, ref], index) => ref && values[index] === undefined)
  if (!missing) return read
  const [field, ref] = missing
  const { namespace } = metadata
  const reason = `Secret ${namespace}/${ref?.name} is not known to the relay (spec.${field} of Provider ${namespace}/${metadata.name})`
  return { kind: 'missing', reason }
}

function resolve(
  provider: Provider,
  type: ProviderType,
  secrets: ProviderSecrets,
): ResolvedProvider | UnresolvedProvider {
  try {
    const input = settingsInput(provider, secrets.main?.data ?? {})
    const settings = parseProviderSettings(type.settings, input)
    const transport = transportOptions(provider, type, secrets)
    const credentials = addressCredentials(type, input)
    const redact = createRedactor(secretTexts(type, input, secrets, transport))
    return { kind: 'resolved', settings, transport, redact, ...(credentials && { credentials }) }
  } catch (error) {
    if (!(error instanceof ProviderSettingsError)) throw error
    const { namespace, name } = provider.metadata
    return { kind: 'invalid', reason: `Provider ${namespace}/${name}: ${error.message}` }
  }
}

function transportOptions(
  { spec }: Provider,
  type: ProviderType,
  { main, cert, proxy }: ProviderSecrets,
): TransportOptions {
  const own = type.family === 'commit-status' ? main?.data : undefined
  const tls = tlsOptions(cert?.data, 'certSecretRef') ?? tlsOptions(own, 'secretRef')
  const proxyUrl = proxyAddress({ spec: spec.proxy, main: main?.data, proxy: proxy?.data })
  return {
    timeoutMs: Math.min(spec.timeout ?? DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS),
    ...(tls && { tls }),
    ...(proxyUrl && { proxyUrl }),
  }
}

/** The credentials in the user info of the Provider's address. */
function addressCredentials(
  type: ProviderType,
  input: SettingsInput,
): AddressCredentials | undefined {
  const userInfo = sentUserInfo(type.settings, input)
  if (userInfo === undefined) return undefined
  const pair = `${userInfo.username}:${userInfo.password}`
  const authorization = `Basic ${Buffer.from(pair).toString('base64')}`
  return { origin: new URL(input.address).origin, authorization }
}

/**
 * Keys that are not masked. `username` names somebody and gives no access. The values in `headers`
 * are masked one by one.
 */
const PUBLIC_KEYS: ReadonlySet<string> = new Set(['username', 'headers'])

/** Every text that must never be shown. */
function secretTexts(
  type: ProviderType,
  input: SettingsInput,
  secrets: ProviderSecrets,
  transport: TransportOptions,
): readonly string[] {
  const stored = [secrets.main, secrets.cert, secrets.proxy].flatMap((secret) =>
    Object.entries(secret?.data ?? {}).flatMap(([key, value]) => {
      if (PUBLIC_KEYS.has(key)) return []
      // Hosts are named in reasons, for a person to know what could not be reached.
      const isUrl = key === 'address' || HTTP_OR_SOCKS.test(value)
      return isUrl ? secretPartsOfUrl(value.trim()) : [withoutCertificates(value)]
    }),
  )
  return [
    ...stored,
    ...Object.values(input.headers).flatMap(secretPartsOfHeader),
    ...userInfosOf(input.addressWithUserInfo).flatMap(secretPartsOfUserInfo),
    ...sensitiveValues(type.settings, input),
    ...(transport.proxyUrl ? secretPartsOfUrl(transport.proxyUrl) : []),
  ]
}

const HTTP_OR_SOCKS = /^\s*(?:https?|socks5):\/\//i

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[\w+/=\s]*-----END CERTIFICATE-----/g

/** The text without its certificates, which are public and long. Private keys beside them stay. */
function withoutCertificates(text: string): string {
  return text.replace(CERTIFICATES, '')
}
