import { z } from 'zod'
import { GITHUB_HEADERS } from '../answers/github-answer.ts'
import { installationToken } from '../auth/github-app.ts'
import { type GithubApp, githubApp, hasGithubApp } from '../auth/github-app-settings.ts'
import { tokenOrPassword, tokenOrPasswordFields } from '../auth/token-or-password.ts'
import type { Authorization, TryPorts } from '../contract.ts'
import { authorization } from '../messages/json-request.ts'
import { apiUrlFields, namedApiUrl } from './api-url.ts'
import { encodePath, type GitAddress, gitAddress } from './git-address.ts'

/** A repository of GitHub, and the credential for it. */
export interface GithubRepository {
  readonly apiUrl: string
  readonly repositoryUrl: string
  readonly credential: { readonly kind: 'token'; readonly token: string } | GithubApp
}

/** The fields of a type that works on a repository of GitHub. */
export const githubFields = () => ({
  address: gitAddress('owner/repository', (path) => path.length === 2),
  ...tokenOrPasswordFields(),
  // Its Secret has the keys of an App too.
  ...apiUrlFields(),
})

type GithubFields = z.infer<z.ZodObject<ReturnType<typeof githubFields>>>

/**
 * Reads a repository of GitHub or GitHub Enterprise Server, with a personal access token, or with
 * an App when the Secret has neither token nor password.
 */
export function githubRepository(
  { address, secret, annotations, ...credentials }: GithubFields,
  context: z.RefinementCtx,
): GithubRepository {
  const apiUrl = namedApiUrl({ secret, annotations }, context) ?? apiUrlOf(address)
  const repositoryUrl = `${apiUrl}/repos/${encodePath(address.path)}`
  const { token, password } = credentials
  const app =
    token === '' && password === '' && hasGithubApp(secret)
      ? githubApp(secret, apiUrl, context)
      : ({ kind: 'token', token: tokenOrPassword(credentials, context) } as const)
  return app ? { apiUrl, repositoryUrl, credential: app } : z.NEVER
}

/** The hosts of github.com. SSH over the HTTPS port has its own host. */
const GITHUB_COM: ReadonlySet<string> = new Set(['github.com', 'www.github.com', 'ssh.github.com'])

/** The hosts of GitHub Enterprise Cloud with data residency. */
const GHE_COM = /^[a-z\d-]+\.ghe\.com$/

/**
 * The URL of the API as GitHub documents it: below `/api/v3` for GitHub Enterprise Server, and at
 * the root of its own host for the others.
 * https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency/network-details-for-ghecom
 */
function apiUrlOf({ origin, host }: GitAddress): string {
  if (GITHUB_COM.has(host)) return 'https://api.github.com'
  if (GHE_COM.test(host)) return `https://api.${host}`
  return host.startsWith('api.') || host.includes('.api.') ? origin : `${origin}/api/v3`
}

/** The headers of a request to GitHub; `authorizeGithub` adds an App's token. */
export function githubHeaders({ credential }: GithubRepository): Readonly<Record<string, string>> {
  const token = credential.kind === 'token' ? credential.token : ''
  return { ...GITHUB_HEADERS, ...authorization('Bearer', token) }
}

/** The header with the credential. For an App its token is fetched first. */
export async function authorizeGithub(
  { credential }: GithubRepository,
  tryPorts: TryPorts,
): Promise<Authorization> {
  if (credential.kind === 'token') {
    return authorized(credential.token, [])
  }
  const fetched = await installationToken(credential, tryPorts)
  return fetched.kind === 'token' ? authorized(fetched.token, [fetched.token]) : fetched
}

function authorized(token: string, secrets: readonly string[]): Authorization {
  return { kind: 'authorized', headers: authorization('Bearer', token), secrets }
}
