import { z } from 'zod'
import type { SettingError } from '../setting-error.ts'

/** A Git repository by its forge and its path there. */
export interface GitAddress {
  /** `https://git.example.com:8443`: host in lower case, no port where it is the scheme's own. */
  readonly origin: string
  /** `git.example.com:8443`. */
  readonly host: string
  /** `['owner', 'repository']`: decoded, without `.git`, no part empty, `.` or `..`. */
  readonly path: readonly string[]
  /** Whether Git is on SSH there, whose paths are not always those of HTTP. */
  readonly isSsh: boolean
}

const MISSING =
  'set spec.address, or the key address in the Secret named by spec.secretRef, to the Git repository'
const NOT_AN_ADDRESS =
  'expected a Git repository such as https://host/path, ssh://git@host/path or git@host:path'
const FORBIDDEN_CHARACTERS = /[\p{Cc}\\]/u
const HTTP = /^(https?):\/\/([^/]+)\/(.+)$/i
const SSH = /^ssh:\/\/([^/]+)\/(.+)$/i
/** As `ssh` and `scp` take it; a user name is optional. `//` is that of a URL. */
const SCP = /^((?:[\w.-]+@)?(?:[\w.-]+|\[[\da-f:.]+\])):(?!\/\/)\/?(.+)$/i

/**
 * The field `address` of a type that reports on commits. `shape` names the path that the forge
 * needs, as in `owner/repository`, and `fits` tells whether a path is one.
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
 * Reads `https://`, `http://` and `ssh://` URLs and the short form `git@host:path`. A forge's API
 * is on HTTPS where its Git is on SSH, so an SSH port says nothing of it and is dropped. So are user
 * name and password, for the Secret holds what the API takes, and query and fragment.
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

/** A password may have an `@` of its own. */
function hostOf(authority: string): string {
  return authority.slice(authority.lastIndexOf('@') + 1)
}

function addressOf(origin: string, rawPath: string, isSsh: boolean): GitAddress | SettingError {
  const url = URL.parse(origin)
  if (url === null || url.host === '' || rawPath === '') return { error: NOT_AN_ADDRESS }
  if (rawPath.endsWith('/')) return { error: 'must not end in /' }
  const path = decode(rawPath.replace(/\.git$/, ''))?.split('/')
  if (!path?.every(isPathPart)) {
    return { error: 'the path has a part that is empty, . or .., or that is not percent-encoded' }
  }
  return { origin: url.origin, host: url.host, path, isSsh }
}

/** A `%2F` separates parts as `/` does, as in Go. */
function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/** What a forge could take for another path once it is in a URL is no part of one. */
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

/** The address of the same repository at another host, which is on HTTPS. */
export function atHost(address: GitAddress, host: string): GitAddress {
  return { ...address, origin: `https://${host}`, host }
}

/** The path as it stands in a URL. */
export function encodePath(path: readonly string[]): string {
  return path.map(encodeURIComponent).join('/')
}
