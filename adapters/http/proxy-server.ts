import type { HostPort } from './dial.ts'
import { ConnectError } from './failure.ts'

/** User name and password for a proxy, decoded. */
export interface ProxyCredentials {
  readonly username: string
  readonly password: string
}

/** A proxy, as its URL describes it. */
export interface ProxyServer {
  readonly protocol: 'http:' | 'https:' | 'socks5:'
  readonly address: HostPort
  readonly credentials?: ProxyCredentials
}

const DEFAULT_PORTS = { 'http:': 80, 'https:': 443, 'socks5:': 1080 } as const

/** Reads a proxy's URL. Throws `ConnectError`, which shows nothing of the URL but its scheme. */
export function parseProxy(proxyUrl: string): ProxyServer {
  const url = URL.parse(proxyUrl)
  if (url === null || url.hostname === '')
    throw new ConnectError('proxy', 'its address is not a URL')
  const { protocol } = url
  if (protocol !== 'http:' && protocol !== 'https:' && protocol !== 'socks5:') {
    const text = `its URL starts with ${protocol}, expected http:, https: or socks5:`
    throw new ConnectError('proxy', text)
  }
  const port = url.port === '' ? DEFAULT_PORTS[protocol] : Number(url.port)
  const credentials = credentialsOf(url)
  return { protocol, address: { host: plainHost(url), port }, ...(credentials && { credentials }) }
}

/**
 * The host of the URL. The URL parser does not change the host of a scheme that it does not know,
 * such as socks5.
 */
function plainHost({ hostname }: URL): string {
  const host = URL.parse(`http://${hostname}`)?.hostname
  if (host === undefined) throw new ConnectError('proxy', 'its URL has no valid host')
  return host.replace(/^\[|\]$/g, '')
}

function credentialsOf(url: URL): ProxyCredentials | undefined {
  if (url.username === '' && url.password === '') return undefined
  try {
    return {
      username: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
    }
  } catch {
    throw new ConnectError('proxy', 'the credentials in its URL are not percent-encoded')
  }
}
