import { z } from 'zod'
import type { SettingError } from '../setting-error.ts'

/** The address of a Git repository: its forge, and its path there. */
export interface GitAddress {
  /**
   * The origin, such as `https://git.example.com:8443`: the host in lower case, without the
   * scheme's default port.
   */
  readonly origin: string
  /** The host and port: `git.example.com:8443`. */
  readonly host: string
  /**
   * The path, such as `['owner', 'repository']`: decoded, without `.git`, and without parts that
   * are empty, `.` or `..`.
   */
  readonly path: readonly string[]
  /** Whether the address is one of SSH, whose paths sometimes differ from those of HTTP. */
  readonly isSsh: boolean
}

const MISSING =
  'set spec.address, or the key address in the Secret named by spec.secretRef, to the Git repository'
const NOT_AN_ADDRESS =
  'expected a Git repository such as https://host/path, ssh://git@host/path or git@host:path'
const FORBIDDEN_CHARACTERS = /[\p{Cc}\\]/u
const HTTP = /^(https?):\/\/([^/]+)\/(.+)$/i
const SSH = /^ssh:\/\/([^/]+)\/(.+)$/i
/**
 * The short form that `ssh` and `scp` accept; a user name is optional. A text with `//` is a URL
 * instead, and one such as `https:/host/path` was meant to be.
 */
const SCP = /^(?!(?:https?|ssh):)((?:[\w.-]+@)?(?:[\w.-]+|\[[\da-f:.]+\])):(?!\/\/)\/?(.+)$/i

/**
 * The field `address` of a type that reports on commits. `shape` describes the path that the forge
 * needs, as in `owner/repository`, and `fits` tells whether a path has it.
 */
export function gitAddress(shape: string, fits: (path: readonly string[]) => boolean) {
  return z.string().transform((text, context): GitAddress => {
    const parsed = parseGitAddress(text)
    if ('path' in parsed && fits(parsed.path)) return parsed
    const message = 'error' in parsed ? parsed.error : `the path must be ${shape}`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
}

/**
 * Reads `https://`, `http://` and `ssh://` URLs and the short form `git@host:path`. The API of a
 * forge with Git on SSH is on HTTPS, so an SSH port says nothing about it and is dropped. User name
 * and password are dropped too, since the Secret has the API's credential, and so are query,
 * fragment and more than one slash before the path.
 */
export function parseGitAddress(text: string): GitAddress | SettingError {
  if (text === '') return { error: MISSING }
  if (FORBIDDEN_CHARACTERS.test(text)) {
    return { error: 'must not have a backslash or a control character' }
  }
  const [address = ''] = text.split(/[?#]/, 1)
  const [, scheme = '', authority = '', httpPath = ''] = HTTP.exec(address) ?? []
  if (scheme !== '') return addressOf(`${scheme}://${hostOf(authority)}`, httpPath, false)
  const [, sshAuthority = '', path = ''] = SSH.exec(address) ?? SCP.exec(address) ?? []
  return addressOf(`https://${hostOf(sshAuthority).replace(/:\d*$/, '')}`, path, true)
}

/** The host of an authority. A password may contain an `@`. */
function hostOf(authority: string): string {
  return authority.slice(authority.lastIndexOf('@') + 1)
}

function addressOf(origin: string, rawPath: string, isSsh: boolean): GitAddress | SettingError {
  const url = URL.parse(origin)
  if (url === null || url.host === '' || rawPath === '') return { error: NOT_AN_ADDRESS }
  if (rawPath.endsWith('/')) return { error: 'must not end in /' }
  const path = decode(rawPath.replace(/^\/+/, '').replace(/\.git$/, ''))?.split('/')
  if (!path?.every(isPathPart)) {
    return { error: 'the path has a part that is empty, . or .., or that is not percent-encoded' }
  }
  return { origin: url.origin, host: url.host, path, isSsh }
}

/**
 * Decodes a path; undefined when it is not percent-encoded. A `%2F` separates parts as `/` does, as
 * in Go.
 */
function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/**
 * Whether a text is allowed as a part of a path: a forge must not read it as another path once it
 * is in a URL.
 */
function isPathPart(part: string): boolean {
  return (
    part !== '.' &&
    part !== '..' &&
    part !== '' &&
    part === part.trim() &&
    part.isWellFormed() &&
    !/[\\\p{Cc}]/u.test(part)
  )
}

/** The address of the same repository at another host, on HTTPS. */
export function atHost(address: GitAddress, host: string): GitAddress {
  return { ...address, origin: `https://${host}`, host }
}

/** The path as it is written in a URL. */
export function encodePath(path: readonly string[]): string {
  return path.map(encodeURIComponent).join('/')
}
