import { generate } from 'selfsigned'

/** PEM texts. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** What a certificate of a test says, beyond the defaults: good for 127.0.0.1, a day either way. */
export interface CertificateRequest {
  readonly dnsName?: string
  readonly ip?: string
  readonly notBefore?: Date
  readonly notAfter?: Date
  readonly isClient?: boolean
}

export interface CertificateAuthority {
  readonly ca: string
  issue(request?: CertificateRequest): Promise<Certificate>
}

const DAY_MS = 86_400_000

/** A certificate authority that lives as long as the test does. */
export async function createAuthority(name = 'flux-relay test CA'): Promise<CertificateAuthority> {
  const root = await generate([{ name: 'commonName', value: name }], {
    ...validity({}),
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
  return {
    ca: root.cert,
    async issue(request = {}) {
      const leaf = await generate([{ name: 'commonName', value: 'flux-relay test' }], {
        ...validity(request),
        keyType: 'ec',
        algorithm: 'sha256',
        ca: { cert: root.cert, key: root.private },
        extensions: [
          { name: 'basicConstraints', cA: false },
          { name: 'extKeyUsage', serverAuth: !request.isClient, clientAuth: request.isClient },
          { name: 'subjectAltName', altNames: altNames(request) },
        ],
      })
      return { cert: leaf.cert, key: leaf.private }
    },
  }
}

function validity({ notBefore, notAfter }: CertificateRequest) {
  return {
    notBeforeDate: notBefore ?? new Date(Date.now() - DAY_MS),
    notAfterDate: notAfter ?? new Date(Date.now() + DAY_MS),
  }
}

function altNames({ dnsName, ip }: CertificateRequest) {
  if (dnsName !== undefined) return [{ type: 2 as const, value: dnsName }]
  return [{ type: 7 as const, ip: ip ?? '127.0.0.1' }]
}
