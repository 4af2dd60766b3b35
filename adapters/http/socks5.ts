import { isIP, type Socket } from 'node:net'
import { type HostPort, hostPortText } from './dial.ts'
import { ConnectError } from './failure.ts'
import type { ProxyCredentials } from './proxy-server.ts'

const VERSION = 5
const CONNECT = 1
const NO_AUTHENTICATION = 0
const USER_PASSWORD = 2
const DOMAIN_NAME = 3

/** The texts for the replies of RFC 1928, section 6. */
const REPLIES: Readonly<Record<number, string>> = {
  1: 'general failure',
  2: 'its rules do not allow the connection',
  3: 'network unreachable',
  4: 'host unreachable',
  5: 'connection refused',
  6: 'TTL expired',
  7: 'command not supported',
  8: 'address type not supported',
}

/**
 * Asks a SOCKS 5 proxy (RFC 1928; RFC 1929 for credentials) to connect the socket to the target,
 * whose name the proxy resolves. Rejects with `ConnectError`, or with the error that destroyed the
 * socket.
 */
export async function openSocksTunnel(
  socket: Socket,
  target: HostPort,
  credentials: ProxyCredentials | undefined,
): Promise<void> {
  await authenticate(socket, credentials)
  socket.write(connectRequest(target))
  const [version, reply = 0, , addressType] = await readBytes(socket, 4)
  if (version !== VERSION) throw notSocks()
  if (reply !== 0) {
    const text = REPLIES[reply] ?? `reply ${reply}`
    throw new ConnectError('proxy', `no connection to ${hostPortText(target)}: ${text}`)
  }
  await skipBoundAddress(socket, addressType)
}

async function authenticate(socket: Socket, credentials?: ProxyCredentials): Promise<void> {
  const methods = credentials ? [NO_AUTHENTICATION, USER_PASSWORD] : [NO_AUTHENTICATION]
  socket.write(Buffer.from([VERSION, methods.length, ...methods]))
  const [version, method] = await readBytes(socket, 2)
  if (version !== VERSION) throw notSocks()
  if (method === NO_AUTHENTICATION) return
  if (method !== USER_PASSWORD || credentials === undefined) {
    throw new ConnectError('proxy', 'it requires credentials that it was not given')
  }
  const { username, password } = credentials
  socket.write(Buffer.concat([Buffer.from([1]), sized(username), sized(password)]))
  const [, status] = await readBytes(socket, 2)
  if (status !== 0) throw new ConnectError('proxy', 'it does not accept the credentials')
}

function connectRequest({ host, port }: HostPort): Buffer {
  const portBytes = Buffer.from([port >> 8, port & 0xff])
  return Buffer.concat([Buffer.from([VERSION, CONNECT, 0]), addressBytes(host), portBytes])
}

const IPV4 = 1
const IPV6 = 4

function addressBytes(host: string): Buffer {
  switch (isIP(host)) {
    case 4:
      return Buffer.from([IPV4, ...host.split('.').map(Number)])
    case 6:
      return Buffer.concat([Buffer.from([IPV6]), ipv6Bytes(host)])
    default:
      return Buffer.concat([Buffer.from([DOMAIN_NAME]), sized(host)])
  }
}

/**
 * The bytes of an IPv6 address in the form that the URL parser gives: groups of hexadecimal digits,
 * with at most one `::`.
 */
function ipv6Bytes(host: string): Buffer {
  const [head = [], tail = []] = host.split('::').map((part) => part.split(':').filter(Boolean))
  const zeros = Array<string>(8 - head.length - tail.length).fill('0')
  const groups = [...head, ...zeros, ...tail]
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex')
}

function sized(text: string): Buffer {
  const bytes = Buffer.from(text)
  if (bytes.length > 255) throw new ConnectError('proxy', 'a name or credential is over 255 bytes')
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}

async function skipBoundAddress(socket: Socket, addressType: number | undefined): Promise<void> {
  const lengths: Readonly<Record<number, number>> = { [IPV4]: 4, [IPV6]: 16 }
  const named = addressType === DOMAIN_NAME
  const length = named ? (await readBytes(socket, 1))[0] : lengths[addressType ?? 0]
  if (length === undefined) throw notSocks()
  await readBytes(socket, length + 2)
}

function notSocks(): ConnectError {
  return new ConnectError('proxy', 'it does not speak SOCKS 5')
}

/** Reads exactly `count` bytes, and leaves the rest to the socket's next reader. */
function readBytes(socket: Socket, count: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      socket.off('readable', read).off('error', onError).off('end', onEnd).off('close', onEnd)
      then()
    }
    const read = () => {
      const bytes: Buffer | null = socket.read(count)
      if (bytes?.length === count) settle(() => resolve(bytes))
    }
    const onError = (error: Error) => settle(() => reject(error))
    const onEnd = () => settle(() => reject(new ConnectError('proxy', 'it closed the connection')))
    socket.on('readable', read).on('error', onError).on('end', onEnd).on('close', onEnd)
    read()
  })
}
