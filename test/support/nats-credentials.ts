import { createHash } from 'node:crypto'
import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys'

/** A user of a NATS server, with what proves it. */
export interface NatsUser {
  readonly publicKey: string
  readonly seed: string
}

export function natsUser(pair: KeyPair = createUser()): NatsUser {
  return { publicKey: pair.getPublicKey(), seed: Buffer.from(pair.getSeed()).toString() }
}

/** An operator that signed an account that signed a user, each by a JWT. */
export interface NatsHierarchy {
  readonly operatorJwt: string
  readonly account: { readonly publicKey: string; readonly jwt: string }
  readonly user: NatsUser
  readonly userJwt: string
  /** The text of the user's `.creds` file. */
  readonly creds: string
}

/**
 * Makes what the `nsc` tool makes: https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt
 * The user may publish to `flux.>` only.
 */
export function createHierarchy(): NatsHierarchy {
  const operator = createOperator()
  const account = createAccount()
  const pair = createUser()
  const user = natsUser(pair)
  const unlimited = { subs: -1, data: -1, payload: -1 }
  const operatorJwt = signJwt(operator, operator.getPublicKey(), { type: 'operator', version: 2 })
  const accountLimits = {
    ...unlimited,
    imports: -1,
    exports: -1,
    wildcards: true,
    conn: -1,
    leaf: -1,
  }
  const accountJwt = signJwt(operator, account.getPublicKey(), {
    limits: accountLimits,
    default_permissions: { pub: {}, sub: {} },
    type: 'account',
    version: 2,
  })
  const userJwt = signJwt(account, user.publicKey, {
    pub: { allow: ['flux.>'] },
    sub: {},
    ...unlimited,
    type: 'user',
    version: 2,
  })
  return {
    operatorJwt,
    account: { publicKey: account.getPublicKey(), jwt: accountJwt },
    user,
    userJwt,
    creds: credsFile(userJwt, user.seed),
  }
}

export function credsFile(jwt: string, seed: string): string {
  return [
    '-----BEGIN NATS USER JWT-----',
    jwt,
    '------END NATS USER JWT------',
    '',
    '************************* IMPORTANT *************************',
    'NKEY Seed printed below can be used to sign and prove identity.',
    '',
    '-----BEGIN USER NKEY SEED-----',
    seed,
    '------END USER NKEY SEED------',
    '',
  ].join('\n')
}

function signJwt(issuer: KeyPair, subject: string, nats: unknown): string {
  const claims = { iat: Math.floor(Date.now() / 1_000), iss: issuer.getPublicKey(), name: 'test' }
  const jti = createHash('sha256')
    .update(JSON.stringify([claims, subject, nats]))
    .digest('hex')
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part({ jti, ...claims, sub: subject, nats })}`
  return `${signed}.${Buffer.from(issuer.sign(Buffer.from(signed))).toString('base64url')}`
}
