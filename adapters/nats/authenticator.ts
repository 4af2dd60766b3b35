import type { Authenticator } from '@nats-io/nats-core'
import { parseNatsCredentials } from '../../relay/model/nats-credentials.ts'
import type { NatsCredentials } from '../../relay/ports/nats.ts'
import { createSigner } from './nkey-signer.ts'

/**
 * The authenticators by their credentials. A Provider's credentials are the same object while its
 * Secret is unchanged.
 */
const known = new WeakMap<NatsCredentials, Authenticator>()

/** The authenticator for credentials; undefined when a seed or a `.creds` text is not valid. */
export function authenticatorOf(credentials: NatsCredentials): Authenticator | undefined {
  try {
    const authenticator = known.get(credentials) ?? createAuthenticator(credentials)
    known.set(credentials, authenticator)
    return authenticator
  } catch {
    return undefined
  }
}

function createAuthenticator({ creds, nkeySeed, user, token }: NatsCredentials): Authenticator {
  if (creds !== undefined) {
    const { jwt, seed } = parseNatsCredentials(creds) ?? { jwt: '', seed: '' }
    const signer = createSigner(seed)
    return (nonce = '') => ({ jwt, sig: signer.sign(nonce) })
  }
  if (nkeySeed !== undefined) {
    const signer = createSigner(nkeySeed)
    return (nonce = '') => ({ nkey: signer.publicKey, sig: signer.sign(nonce) })
  }
  if (user !== undefined) return () => ({ user: user.name, pass: user.password })
  if (token !== undefined) return () => ({ auth_token: token })
  return () => undefined
}
