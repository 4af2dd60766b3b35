import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates } from 'node:tls'
import { EnvironmentVariableError } from './proxy-rules.ts'

/**
 * The roots that `SSL_CERT_FILE` names in the place of Node's, and those of `SSL_CERT_DIR` (several
 * after colons) beside them, as PEM texts; undefined without either variable. What
 * `NODE_EXTRA_CA_CERTS` names is trusted in any case. Throws `EnvironmentVariableError` when there is
 * no certificate where one says.
 * https://docs.openssl.org/master/man3/SSL_CTX_load_verify_locations/
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
  throw new EnvironmentVariableError(`${variable} ${path}: there is not a certificate in PEM form`)
}

const CERTIFICATE =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g

/** The bundles of systems hold some that no library reads. */
function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem)
    return true
  } catch {
    return false
  }
}
