/** A user's JWT and the seed of its NKey, as a NATS `.creds` file holds them. */
export interface NatsUserCredentials {
  readonly jwt: string
  readonly seed: string
}

/** https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth */
const USER_SEED = /^SU[A-Z2-7]{56}$/
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/

/** Whether a text is a user's NKey seed: its form, and the checksum at its end. */
export function isNkeySeed(text: string): boolean {
  if (!USER_SEED.test(text)) return false
  const bytes = base32Bytes(text)
  const end = bytes.length - 2
  return crc16(bytes.subarray(0, end)) === bytes.readUInt16LE(end)
}

/** The CRC-16/XMODEM, which NKeys use: https://github.com/nats-io/nkeys/blob/main/crc16.go */
function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021
    }
    crc &= 0xffff
  }
  return crc
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The bytes of a base32 text without padding: RFC 4648, section 6. */
export function base32Bytes(text: string): Buffer {
  const bytes: number[] = []
  let bits = 0
  let count = 0
  for (const character of text) {
    bits = ((bits << 5) | BASE32.indexOf(character)) & 0xfff
    count += 5
    if (count < 8) continue
    count -= 8
    bytes.push((bits >> count) & 0xff)
  }
  return Buffer.from(bytes)
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
