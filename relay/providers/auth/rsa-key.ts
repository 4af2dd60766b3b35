import { createPrivateKey, type KeyObject } from 'node:crypto'

/** The shortest key for RS256: RFC 7518, section 3.3. */
export const LEAST_RSA_KEY_BITS = 2_048

/** Reads a private key for RS256 from PEM, PKCS#1 or PKCS#8; undefined for anything else. */
export function readRsaKey(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem)
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    return key.asymmetricKeyType === 'rsa' && bits >= LEAST_RSA_KEY_BITS ? key : undefined
  } catch {
    return undefined
  }
}
