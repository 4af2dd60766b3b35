import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { SecretData } from '../model/secret.ts'
import type { TlsOptions } from '../ports/http.ts'
import { ProviderSettingsError } from '../providers/settings-input.ts'

/** The field of a Provider that names the Secret. */
type SecretField = 'certSecretRef' | 'secretRef'

/**
 * Reads `ca.crt`, `tls.crt` and `tls.key`, or their deprecated names; undefined when the Secret has
 * none of them. Throws `ProviderSettingsError` for what TLS cannot use.
 */
export function tlsOptions(
  secret: SecretData | undefined,
  field: SecretField,
): TlsOptions | undefined {
  if (!secret) return undefined
  const ca = secretValueOf(secret, 'ca.crt', 'caFile')
  const cert = secretValueOf(secret, 'tls.crt', 'certFile')
  const key = secretValueOf(secret, 'tls.key', 'keyFile')
  if (ca === undefined && cert === undefined && key === undefined) {
    if (field === 'secretRef') return undefined
    throw new ProviderSettingsError(
      'certSecretRef: the Secret has none of the keys ca.crt, tls.crt and tls.key',
    )
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new ProviderSettingsError(`${field}: tls.crt and tls.key go together, and one is missing`)
  }
  if (ca !== undefined) readCertificates(ca, field)
  if (cert !== undefined && key !== undefined) checkPair(cert, key, field)
  return {
    ...(ca && { ca: ca.value }),
    ...(cert && { cert: cert.value }),
    ...(key && { key: key.value }),
  }
}

interface SecretValue {
  readonly name: string
  readonly value: string
}

/** The first of these names that the Secret has, with its value. An empty value counts as missing. */
function secretValueOf(secret: SecretData, ...names: readonly string[]): SecretValue | undefined {
  const name = names.find((candidate) => secret[candidate] !== undefined)
  const value = name === undefined ? undefined : secret[name]
  return name === undefined || !value ? undefined : { name, value }
}

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/g

/**
 * Reads certificates and returns the first of them. Each PEM block must be a certificate, since TLS
 * would stop at any other.
 */
function readCertificates({ name, value }: SecretValue, field: SecretField): X509Certificate {
  const starts = [...value.matchAll(CERTIFICATE)].map(({ index }) => index)
  const certificates = starts.map((start, at) =>
    readCertificate(value.slice(start, starts[at + 1])),
  )
  const wrong = certificates.indexOf(undefined)
  const [first] = certificates
  if (first !== undefined && wrong < 0) return first
  const which = wrong > 0 ? ` (see the certificate ${wrong + 1} of ${certificates.length})` : ''
  throw new ProviderSettingsError(`${field}: ${name} is not a certificate in PEM form${which}`)
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

function checkPair(cert: SecretValue, key: SecretValue, field: SecretField): void {
  const certificate = readCertificates(cert, field)
  const privateKey = readPrivateKey(key.value)
  if (privateKey === undefined) {
    throw new ProviderSettingsError(
      `${field}: ${key.name} is not a private key in PEM form without a passphrase`,
    )
  }
  if (certificate.checkPrivateKey(privateKey)) return
  throw new ProviderSettingsError(
    `${field}: ${key.name} is not the key of the first certificate in ${cert.name}`,
  )
}

function readPrivateKey(pem: string) {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}
