import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates } from 'node:tls'
import { EnvironmentVariableError } from './proxy-rules.ts'

/**
 * Reads the root certificates of `SSL_CERT_FILE`, which replace Node's, and those of `SSL_CERT_DIR`
 * (several after colons), which are added, as PEM texts; undefined without either variable.
 * `NODE_EXTRA_CA_CERTS` is trusted in any case. Throws `EnvironmentVariableError` when a named file
 * has no certificate. https://docs.openssl.org/master/man3/SSL_CTX_load_verify_locations/
 */
export function readRootCertificates(
  variables: Readonly<Record<string, string | undefined>>,
): readonly string[] | undefined {
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: directories } = variables
  if (!file && !directories) return undefined
  const own = file
    ? [...certificatesIn('SSL_CERT_FILE', file, () => [file]), ...getCACertificates('extra')]
    : getCACertificates('default')
  const beside = (directories ?? '')
    .split(':')
    .filter((directory) => directory !== '')
    .flatMap((directory) => certificatesIn('SSL_CERT_DIR', directory, filesIn))
  return [...own, ...beside]
}

function filesIn(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => join(directory, name))
}

function certificatesIn(
  variable: string,
  path: string,
  filesOf: (path: string) => readonly string[],
): readonly string[] {
  let texts: readonly string[]
  try {
    texts = filesOf(path).map((file) => readFileSync(file, 'utf8'))
  } catch (error) {
    throw new EnvironmentVariableError(`${variable}: ${(error as Error).message}`)
  }
  const certificates = texts.flatMap((text) => text.match(CERTIFICATE) ?? []).filter(isCertificate)
  if (certificates.length > 0) return certificates
  throw new EnvironmentVariableError(`${variable} ${path}: there is no certificate in PEM form`)
}

const CERTIFICATE =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g

/**
 * Whether the PEM text is a certificate that can be read. The bundles of some systems contain
 * others.
 */
function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem)
    return true
  } catch {
    return false
  }
}
