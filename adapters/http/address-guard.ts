import { BlockList, isIP } from 'node:net'
import { groupsOf } from './ip-address.ts'

/** Which addresses may be connected to, beyond those that never are. */
export interface AddressGuardOptions {
  /** Whether loopback and private addresses are allowed. */
  readonly allowPrivate: boolean
  /**
   * Services that are never allowed, such as the Lambda runtime API, as `host:port`. The host is an
   * IP address or `localhost`. A loopback address stands for that port on every loopback address.
   */
  readonly refuse?: readonly string[]
}

/** Returns why this IP address and port are not allowed; undefined when they are. */
export type AddressGuard = (address: string, port: number) => string | undefined

/**
 * Judges addresses by the special-purpose registries of IANA. IPv6 forms that carry an IPv4 address
 * count as that address.
 * https://www.iana.org/assignments/iana-ipv4-special-registry
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 * Throws when a `refuse` entry is none.
 */
export function createAddressGuard({
  allowPrivate,
  refuse = [],
}: AddressGuardOptions): AddressGuard {
  const refused = refuse.map(parseRefused)
  return (text, port) => {
    const address = plainAddress(text)
    if (address === undefined) return 'not an IP address'
    if (contains(NEVER, address)) {
      return `${text} is a link-local, metadata, multicast or reserved address, which is never allowed`
    }
    if (refused.some((entry) => entry.port === port && entry.covers(address))) {
      return `${text}:${port} is a service of this host, which is never allowed`
    }
    if (!allowPrivate && contains(PRIVATE, address)) {
      return `${text} is a loopback or private address, which is not allowed here`
    }
    return undefined
  }
}

/** Addresses that are never allowed. Metadata services are link-local, or listed one by one. */
const NEVER = blockListOf([
  '0.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  // Reserved, and the broadcast address in it.
  '240.0.0.0/4',
  // https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata
  '100.100.100.200/32',
  // https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
  '168.63.129.16/32',
  // Oracle Cloud, older instances.
  '192.0.0.192/32',
  '::/128',
  'fe80::/10',
  'ff00::/8',
  // AWS: metadata, pod identity and other services of the host.
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
  'fd00:ec2::/32',
  // https://cloud.google.com/compute/docs/metadata/querying-metadata
  'fd20:ce::254/128',
])

const LOOPBACK = blockListOf(['127.0.0.0/8', '::1/128'])

const PRIVATE = blockListOf([
  '127.0.0.0/8',
  '::1/128',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '192.0.0.0/24',
  '198.18.0.0/15',
  'fc00::/7',
  'fec0::/10',
  // Local-use translation (RFC 8215) and Teredo: what they lead to cannot be told from the address.
  '64:ff9b:1::/48',
  '2001::/32',
])

interface RefusedEndpoint {
  readonly port: number
  readonly covers: (address: string) => boolean
}

function parseRefused(entry: string): RefusedEndpoint {
  const url = URL.parse(`http://${entry}`)
  const port = Number(/:(\d+)$/.exec(entry)?.[1])
  const address = url === null ? undefined : plainAddress(literalOf(url.hostname))
  if (address === undefined || !Number.isInteger(port)) {
    throw new Error(`refuse: expected an IP address or localhost with a port, got ${entry}`)
  }
  const covers = contains(LOOPBACK, address)
    ? (other: string) => contains(LOOPBACK, other)
    : (other: string) => other === address
  return { port, covers }
}

function literalOf(hostname: string): string {
  return hostname === 'localhost' ? '127.0.0.1' : hostname.replace(/^\[|\]$/g, '')
}

function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/')
    list.addSubnet(address, Number(prefix), familyOf(address))
  }
  return list
}

function contains(list: BlockList, address: string): boolean {
  return list.check(address, familyOf(address))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6'
}

/**
 * The address in its one canonical form, without a zone. IPv6 that carries an IPv4 address gives
 * the IPv4 address.
 */
function plainAddress(text: string): string | undefined {
  const [address = ''] = text.split('%')
  const family = isIP(address)
  if (family === 0) return undefined
  if (family === 4) return address
  const groups = groupsOf(address)
  return embeddedIPv4(groups) ?? groups.map((group) => group.toString(16)).join(':')
}

/** The IPv6 prefixes whose last 32 bits are an IPv4 address. */
const EMBEDDING_PREFIXES: ReadonlyArray<readonly number[]> = [
  // IPv4-compatible and IPv4-mapped: RFC 4291, section 2.5.5.
  [0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0xffff],
  // IPv4-translated: RFC 2765.
  [0, 0, 0, 0, 0xffff, 0],
  // NAT64: RFC 6052.
  [0x64, 0xff9b, 0, 0, 0, 0],
]

function embeddedIPv4(groups: readonly number[]): string | undefined {
  const [first = 0, second = 0, third = 0] = groups
  // 6to4: RFC 3056.
  if (first === 0x2002) return dotted(second, third)
  const [high = 0, low = 0] = groups.slice(6)
  const isOwnKind = groups.slice(0, 7).every((group) => group === 0) && low <= 1
  const embeds = EMBEDDING_PREFIXES.some((prefix) => prefix.every((n, i) => n === groups[i]))
  return embeds && !isOwnKind ? dotted(high, low) : undefined
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
}
