import { z } from 'zod'

/** A Git repository by its forge and its path there. */
export interface GitAddress {
  /** `https://git.example.com:8443`: host in lower case, no port where it is the scheme's own. */
  readonly origin: string
  /** `git.example.com:8443`. */
  readonly host: string
  /** `['owner', 'repository']`: decoded, without `.git`, no part empty, `.` or `..`. */
  readonly path: readonly string[]
}

/** Why a text is no address. It never quotes the text, which may hold a password. */
interface Problem {
  readonly problem: string
}

const MISSING =
  'set spec.address, or the key address in the Secret named by spec.secretRef, to the Git repository'
const NOT_AN_ADDRESS =
  'expected a Git repository such as https://host/path, ssh://git@host/path or git@host:path'
const FORBIDDEN_CHARACTERS = /[\p{Cc}\\?#]/u
const HTTP = /^(https?):\/\/([^/]+)\/(.+)$/i
/** Clone URLs of Azure DevOps have the organization there; the API has no use for it. */
const USER_NAME = /^[\w.-]+@/
const SSH = /^ssh:\/\/(?:[\w.-]+@)?([^/@]+)\/(.+)$/i
const SCP = /^[\w.-]+@([\w.-]+|\[[\da-f:.]+\]):\/?(.+)$/i

/**
 * The field `address` of a type that reports on commits. `shape` names the path that the forge
 * needs, as in `owner/repository`, and `fits` tells whether a path is one.
 */
export function gitAddress(shape: string, fits: (path: readonly string[]) => boolean) {
  return z.string().transform((text, context): GitAddress => {
    const parsed = parseGitAddress(text)
    if ('path' in parsed && fits(parsed.path)) return parsed
    const message = 'problem' in parsed ? parsed.problem : `the path must be ${shape}`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
}

/**
 * Reads `https://`, `http://` and `ssh://` URLs and the short form `git@host:path`. A forge's API
 * is on HTTPS where its Git is on SSH, so an SSH port says nothing of it and is dropped.
 */
export function parseGitAddress(text: string): GitAddress | Problem {
  if (text === '') return { problem: MISSING }
  if (FORBIDDEN_CHARACTERS.test(text)) {
    return { problem: 'must not have a query, a fragment, a backslash or a control character' }
  }
  const [, scheme = '', authority = '', httpPath = ''] = HTTP.exec(text) ?? []
  const host = authority.replace(USER_NAME, '')
  if (host.includes('@')) {
    return { problem: 'must not hold a password; the Secret is the place for it' }
  }
  if (scheme !== '') return addressOf(`${scheme}://${host}`, httpPath)
  const [, sshHost = '', path = ''] = SSH.exec(text) ?? SCP.exec(text) ?? []
  return addressOf(`https://${sshHost.replace(/:\d*$/, '')}`, path)
}

function addressOf(origin: string, rawPath: string): GitAddress | Problem {
  const url = URL.parse(origin)
  if (url === null || rawPath === '') return { problem: NOT_AN_ADDRESS }
  if (rawPath.endsWith('/')) return { problem: 'must not end in /' }
  const path = rawPath
    .replace(/\.git$/, '')
    .split('/')
    .map(decodePart)
  if (!path.every(isPathPart)) {
    return { problem: 'the path has a part that is empty, . or .., or that is not percent-encoded' }
  }
  return { origin: url.origin, host: url.host, path }
}

function decodePart(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

/** What a forge could take for another path once it is in a URL is no part of one. */
function isPathPart(part: string | undefined): part is string {
  return (
    part !== undefined &&
    part !== '.' &&
    part !== '..' &&
    part !== '' &&
    part === part.trim() &&
    part.isWellFormed() &&
    !/[/\\\p{Cc}]/u.test(part)
  )
}

/** The path as it stands in a URL. */
export function encodePath(path: readonly string[]): string {
  return path.map(encodeURIComponent).join('/')
}
