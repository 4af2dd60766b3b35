import type { Scheme } from '../../../console/layout.ts'
import { type EdgeRequest, headerOf } from '../../../relay/api/http.ts'
import { SESSION_MS } from './sessions.ts'

/** The part of a request that a cookie depends on. */
type Requested = Pick<EdgeRequest, 'headers' | 'origin'>

const PLAIN_NAME = 'flux-relay-session'

/**
 * A cookie with this prefix is taken only over HTTPS, and from no other host or path:
 * https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie#__host-
 */
const SECURE_NAME = `__Host-${PLAIN_NAME}`

/** The cookie that the script of the console sets. Its page comes in that scheme, and so never flashes in the other. */
const SCHEME_NAME = 'flux-relay-scheme'

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/

/** The id of the session that a request belongs to; undefined without one. */
export function sessionIdOf(request: Requested): string | undefined {
  return cookieOf(request, cookieName(request))
}

/** The scheme that the person chose; undefined for who follows the system. */
export function schemeOf(request: Pick<Requested, 'headers'>): Scheme | undefined {
  const value = cookieOf(request, SCHEME_NAME)
  return value === 'light' || value === 'dark' ? value : undefined
}

function cookieOf(request: Pick<Requested, 'headers'>, name: string): string | undefined {
  const cookies = (headerOf(request, 'cookie') ?? '').split(';').map((each) => each.trim())
  return cookies.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1)
}

/**
 * The cookie that keeps a session's id. It is `Lax`, as `Strict` would log out everybody who comes by a
 * link in a chat. It needs HTTPS, except on this machine.
 */
export function sessionCookie(request: Requested, id: string): string {
  return cookie(request, id, SESSION_MS / 1_000)
}

/** The cookie that takes it away. */
export function endedCookie(request: Requested): string {
  return cookie(request, '', 0)
}

function cookie(request: Requested, value: string, maxAgeS: number): string {
  const secure = isOnLoopback(request) ? '' : '; Secure'
  return `${cookieName(request)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeS}${secure}`
}

function cookieName(request: Requested): string {
  return isOnLoopback(request) ? PLAIN_NAME : SECURE_NAME
}

function isOnLoopback({ origin }: Requested): boolean {
  return LOOPBACK.test(URL.parse(origin)?.hostname ?? '')
}
