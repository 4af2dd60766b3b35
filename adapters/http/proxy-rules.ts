import { ConnectError } from './failure.ts'
import { type IpNumber, ipNumberOf } from './ip-address.ts'
import { parseProxy } from './proxy-server.ts'

/** The rules by which the host's environment chooses a proxy for a destination. */
export interface ProxyRules {
  /** The proxy's URL; undefined when none is used. */
  proxyFor(destination: URL): string | undefined
}

/** The error for an environment variable that cannot be used. The message shows no credentials. */
export class EnvironmentVariableError extends Error {
  override readonly name = 'EnvironmentVariableError'
}

type Variables = Readonly<Record<string, string | undefined>>

/**
 * Reads the rules of `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in upper or lower case. They work
 * as in Go's net/http, so that Flux's controllers and the relay choose the same way. `ALL_PROXY` is
 * the default for the first two. Throws `EnvironmentVariableError` for a proxy that is not valid.
 * https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
 */
export function readProxyRules(variables: Variables): ProxyRules {
  const all = readProxy(variables, 'ALL_PROXY')
  const proxies: Readonly<Record<string, string | undefined>> = {
    'http:': readProxy(variables, 'HTTP_PROXY') ?? all,
    'https:': readProxy(variables, 'HTTPS_PROXY') ?? all,
  }
  const exceptions = (variableOf(variables, 'NO_PROXY')?.text ?? '')
    .split(',')
    .flatMap(parseException)
  return {
    proxyFor(destination) {
      const proxy = proxies[destination.protocol]
      if (proxy === undefined) return undefined
      const target = targetOf(destination)
      return isLocal(target) || exceptions.some((covers) => covers(target)) ? undefined : proxy
    },
  }
}

/**
 * The value of a variable. The upper-case name wins over the lower-case one; an empty value counts
 * as missing.
 */
function variableOf(variables: Variables, upper: string) {
  const name = [upper, upper.toLowerCase()].find((candidate) => variables[candidate])
  return name === undefined ? undefined : { name, text: variables[name]?.trim() ?? '' }
}

function readProxy(variables: Variables, upper: string): string | undefined {
  const value = variableOf(variables, upper)
  if (value === undefined || value.text === '') return undefined
  const hasScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(value.text)
  // With SOCKS 5 the proxy resolves names in any case, which the h asks for.
  const url = hasScheme ? value.text.replace(/^socks5h:/i, 'socks5:') : `http://${value.text}`
  try {
    parseProxy(url)
    return url
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error
    throw new EnvironmentVariableError(
      `${value.name}: ${error.message}; expected a proxy such as http://proxy.example.com:3128`,
    )
  }
}

interface Target {
  /** The host in lower case; an IPv6 address has no brackets. */
  readonly host: string
  readonly port: string
  /** The number of a host that is an IP address. */
  readonly ip: IpNumber | undefined
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

function targetOf({ hostname, port, protocol }: URL): Target {
  const host = hostname.replace(/^\[|\]$/g, '')
  return { host, port: port === '' ? (DEFAULT_PORTS[protocol] ?? '') : port, ip: ipNumberOf(host) }
}

function isLocal({ host, ip }: Target): boolean {
  if (ip === undefined) return host === 'localhost'
  return ip.bits === 32 ? ip.value >> 24n === 127n : ip.value === 1n
}

/** Whether an entry of `NO_PROXY` covers a target. */
type Exception = (target: Target) => boolean

function parseException(entry: string): readonly Exception[] {
  const text = entry.trim().toLowerCase()
  if (text === '') return []
  if (text === '*') return [() => true]
  const network = parseNetwork(text)
  if (network !== undefined) return [({ ip }) => ip !== undefined && contains(network, ip)]
  const { host, port } = splitPort(text)
  if (host === '') return []
  const coversHost = hostException(host)
  return [(target) => (port === '' || port === target.port) && coversHost(target)]
}

interface Network extends IpNumber {
  readonly prefix: number
}

function parseNetwork(text: string): Network | undefined {
  const [address = '', prefixText = '', ...more] = text.split('/')
  if (!/^\d{1,3}$/.test(prefixText) || more.length > 0) return undefined
  const ip = ipNumberOf(address)
  if (ip === undefined) return undefined
  // The prefix of mapped IPv4 counts the 96 bits before it.
  const prefix = Number(prefixText) - (address.includes(':') && ip.bits === 32 ? 96 : 0)
  return prefix >= 0 && prefix <= ip.bits ? { ...ip, prefix } : undefined
}

function contains({ bits, value, prefix }: Network, ip: IpNumber): boolean {
  const shift = BigInt(bits - prefix)
  return ip.bits === bits && ip.value >> shift === value >> shift
}

/** Splits `host:port` or `[address]:port`; any other text is a host. */
function splitPort(text: string): { readonly host: string; readonly port: string } {
  const [, inBrackets, plain, port = ''] = /^(?:\[([^[\]]*)\]|([^[\]:]*)):([^:]*)$/.exec(text) ?? []
  return { host: inBrackets ?? plain ?? text, port }
}

/**
 * The exception for a host entry. An address covers itself, `.name` and `*.name` cover the names
 * below, and `name` covers both.
 */
function hostException(host: string): Exception {
  const ip = ipNumberOf(host)
  if (ip !== undefined) return (target) => isSameIp(target.ip, ip)
  const isSuffixOnly = host.startsWith('.') || host.startsWith('*.')
  const name = asciiName(host.replace(/^\*?\./, ''))
  return (target) => target.host.endsWith(`.${name}`) || (!isSuffixOnly && target.host === name)
}

function isSameIp(a: IpNumber | undefined, b: IpNumber): boolean {
  return a !== undefined && a.bits === b.bits && a.value === b.value
}

/** The name as it stands in a URL: `xn--bcher-kva.test` for `bücher.test`. */
function asciiName(name: string): string {
  if (/^\p{ASCII}*$/u.test(name)) return name
  return URL.parse(`http://${name}`)?.hostname ?? name
}
