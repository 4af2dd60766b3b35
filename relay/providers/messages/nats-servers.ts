import type { NatsCredentials } from '../../ports/nats.ts'
import type { SettingError } from '../setting-error.ts'
import { decodeUserInfo, splitUserInfo } from '../user-info.ts'

/** The port of the NATS protocol. */
const DEFAULT_PORT = '4222'

/** The form of a server: user info, a host (an IPv6 address in brackets), and an optional port. */
const SERVER =
  /^(?:(nats|tls):\/\/)?(?:([^\s/]*)@)?([^\s:/@[\]]+|\[[\da-f:.]+\])(?::(\d{1,5}))?\/?$/i

/** One server of an address. */
export interface NatsServer {
  /** The URL: `nats://host:port` or `tls://host:port`. */
  readonly url: string
  /** The credentials in the address: `user:password@`, or `token@`. */
  readonly credentials: NatsCredentials | undefined
}

const EXPECTED = 'expected nats://host:port, tls://host:port or host:port, or several after commas'

/** Reads one or several servers, as Flux's client accepts them, in their order. */
export function parseNatsServers(text: string): readonly NatsServer[] | SettingError {
  const servers = text.split(',').map((part) => parseServer(part.trim()))
  return servers.every((server) => server !== undefined) ? servers : { error: EXPECTED }
}

function parseServer(text: string): NatsServer | undefined {
  const [, scheme = 'nats', userInfo = '', host, port = DEFAULT_PORT] = SERVER.exec(text) ?? []
  // As a URL of HTTP the host is judged, and written in one way: `0x7f.1` is 127.0.0.1.
  const url = URL.parse(`http://${host}:${port}`)
  if (host === undefined || url === null || Number(port) === 0) return undefined
  const credentials = credentialsOf(userInfo)
  if (userInfo !== '' && credentials === undefined) return undefined
  return { url: `${scheme.toLowerCase()}://${url.hostname}:${Number(port)}`, credentials }
}

/**
 * The credentials in a user info. A name without a password is a token:
 * https://docs.nats.io/using-nats/developer/connecting/token
 */
function credentialsOf(userInfo: string): NatsCredentials | undefined {
  const { username: name, password } = decodeUserInfo(splitUserInfo(userInfo)) ?? NOBODY
  if (name === '') return undefined
  return userInfo.includes(':') ? { user: { name, password } } : { token: name }
}

const NOBODY = { username: '', password: '' }
