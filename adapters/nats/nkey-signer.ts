import { createPrivateKey, sign } from 'node:crypto'
import { fromSeed } from '@nats-io/nkeys'
import { base32Bytes } from '../../relay/model/nats-credentials.ts'

/** Proves the possession of an NKey. */
export interface NkeySigner {
  readonly publicKey: string
  /** The signature of a server's nonce, in base64url. */
  sign(nonce: string): string
}

/** The DER bytes of an Ed25519 private key before its 32 bytes: RFC 8410. */
const ED25519_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * Makes a signer. Throws when the text is not a seed. The library's own signature is plain
 * JavaScript, and takes a hundred times as long as Node's.
 */
export function createSigner(seed: string): NkeySigner {
  const publicKey = fromSeed(Buffer.from(seed)).getPublicKey()
  // Two bytes say what it is, and two at the end are a checksum.
  const secret = base32Bytes(seed).subarray(2, 34)
  const key = createPrivateKey({
    key: Buffer.concat([ED25519_PREFIX, secret]),
    format: 'der',
    type: 'pkcs8',
  })
  return { publicKey, sign: (nonce) => sign(null, Buffer.from(nonce), key).toString('base64url') }
}
