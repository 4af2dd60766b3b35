/** A user's JWT and the seed of its NKey, as a NATS `.creds` file holds them. */
export interface NatsUserCredentials {
  readonly jwt: string
  readonly seed: string
}

/** https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth */
const USER_SEED = /^SU[A-Z2-7]{56}$/
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/

/** Whether a text has the form of a user's NKey seed; its checksum is not looked at. */
export function isNkeySeed(text: string): boolean {
  return USER_SEED.test(text)
}

/**
 * Reads the text of a `.creds` file: first the JWT, then the seed, each on a line between two lines
 * of dashes. Undefined for anything else. Line ends and blanks around lines do not matter, since a
 * Secret rarely keeps them.
 * https://docs.nats.io/using-nats/developer/connecting/creds
 */
export function parseNatsCredentials(text: string): NatsUserCredentials | undefined {
  const lines = text.split('\n').map((line) => line.trim())
  const [jwt = '', seed = ''] = lines.filter(
    (line, at) => line !== '' && !isRule(line) && isRule(lines[at - 1]) && isRule(lines[at + 1]),
  )
  return JWT.test(jwt) && isNkeySeed(seed) ? { jwt, seed } : undefined
}

function isRule(line: string | undefined): boolean {
  return line?.startsWith('---') === true
}
