/** The port of the NATS protocol. */
const DEFAULT_PORT = '4222'

/** A host, in brackets when it is an IPv6 address, and perhaps a port. */
const HOST_PORT = /^(?:(nats|tls):\/\/)?([^\s:/@[\]]+|\[[\da-f:.]+\])(?::(\d{1,5}))?\/?$/i

/** Why a text is no list of servers. It never quotes the text, which may hold a password. */
interface Problem {
  readonly problem: string
}

const EXPECTED = 'expected nats://host:port, tls://host:port or host:port, or several after commas'

/**
 * Reads a server or several, as Flux's client takes them, as `nats://host:port` or
 * `tls://host:port`, in their order.
 */
export function parseNatsServers(text: string): readonly string[] | Problem {
  const parts = text.split(',').map((part) => part.trim())
  if (parts.some((part) => part.includes('@'))) {
    return { problem: 'must not hold credentials; the Secret is the place for them' }
  }
  const servers = parts.map(parseServer)
  return servers.every((server) => server !== undefined) ? servers : { problem: EXPECTED }
}

function parseServer(text: string): string | undefined {
  const [, scheme = 'nats', host, port = DEFAULT_PORT] = HOST_PORT.exec(text) ?? []
  // As a URL of HTTP the host is judged, and written in one way: `0x7f.1` is 127.0.0.1.
  const url = URL.parse(`http://${host}:${port}`)
  if (host === undefined || url === null || Number(port) === 0) return undefined
  return `${scheme.toLowerCase()}://${url.hostname}:${Number(port)}`
}
