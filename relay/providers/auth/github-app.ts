import { z } from 'zod'
import type { HttpResponse, OutboundRequest } from '../../ports/http.ts'
import { createRedactor } from '../../redact/redact.ts'
import { validMs } from '../answers/answer-time.ts'
import { classifyFailure, notApplied } from '../answers/classify.ts'
import { judgeSigned } from '../answers/clock-difference.ts'
import { classifyGithub, GITHUB_HEADERS } from '../answers/github-answer.ts'
import { parseJsonAnswer } from '../answers/json-answer.ts'
import type { TryPorts } from '../contract.ts'
import { loadPart } from '../load-part.ts'
import { authorization } from '../messages/json-request.ts'
import type { Failure } from '../verdict.ts'
import type { AccessToken } from './access-tokens.ts'
import type { GithubApp } from './github-app-settings.ts'

/**
 * How many seconds before now the token is issued, since clocks differ. As short as a call needs.
 */
const ISSUED_BEFORE_S = 30
const VALID_FOR_S = 120

const Installation = z.object({ id: z.number() })
const InstallationToken = z.object({
  token: z.string().regex(/^[\x21-\x7e]+$/),
  expires_at: z.string(),
})

/**
 * A JWT that proves to GitHub that the relay is the App, for the next two minutes:
 * https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
 */
export async function appJwt(
  { id, privateKey }: GithubApp,
  clock: TryPorts['clock'],
): Promise<string> {
  // Loaded here, so that a relay whose Providers sign nothing starts without it.
  const { SignJWT } = await loadPart(() => import('jose'))
  const seconds = Math.floor(clock.now() / 1_000)
  return new SignJWT()
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuer(id)
    .setIssuedAt(seconds - ISSUED_BEFORE_S)
    .setExpirationTime(seconds + VALID_FOR_S)
    .sign(privateKey)
}

/** The access token of the App's installation. It is fetched when none is remembered. */
export function installationToken(
  app: GithubApp,
  tryPorts: TryPorts,
): Promise<AccessToken | Failure> {
  const { id, baseUrl, installation, privateKeyPem } = app
  const credential = ['github-app', baseUrl, id, JSON.stringify(installation), privateKeyPem]
  return tryPorts.tokens.get(credential, () => fetchToken(app, tryPorts))
}

/**
 * Fetches the token:
 * https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app
 */
async function fetchToken(app: GithubApp, tryPorts: TryPorts): Promise<AccessToken | Failure> {
  const jwt = await appJwt(app, tryPorts.clock)
  const installation = await installationId(app, jwt, tryPorts)
  if (typeof installation !== 'string') return installation
  const path = `/app/installations/${installation}/access_tokens`
  const answer = await call('POST', path, { app, jwt, tryPorts })
  if (answer.kind === 'failed') return answer.failure
  const made = parseJsonAnswer(InstallationToken, answer.body)
  if (!made) return unreadable(answer, 'an access token')
  return { kind: 'token', token: made.token, validMs: validMs(made.expires_at, answer) }
}

async function installationId(
  app: GithubApp,
  jwt: string,
  tryPorts: TryPorts,
): Promise<string | Failure> {
  const { installation } = app
  if ('id' in installation) return installation.id
  const find = (owners: 'orgs' | 'users') =>
    call('GET', `/${owners}/${installation.owner}/installation`, { app, jwt, tryPorts })
  const ofOrganization = await find('orgs')
  const answer = isNotFound(ofOrganization) ? await find('users') : ofOrganization
  if (answer.kind === 'failed') return answer.failure
  const id = parseJsonAnswer(Installation, answer.body)?.id
  return id === undefined ? unreadable(answer, 'an installation') : String(id)
}

interface CallContext {
  readonly app: GithubApp
  readonly jwt: string
  readonly tryPorts: TryPorts
}

interface FailedCall {
  readonly kind: 'failed'
  readonly failure: Failure
  /** The status of the answer, if there was one. */
  readonly status?: number
}

function isNotFound(result: HttpResponse | FailedCall): boolean {
  return result.kind === 'failed' && result.status === 404
}

async function call(
  method: OutboundRequest['method'],
  path: string,
  { app, jwt, tryPorts }: CallContext,
): Promise<HttpResponse | FailedCall> {
  const headers = { ...GITHUB_HEADERS, ...authorization('Bearer', jwt) }
  const result = await tryPorts.send({ method, url: `${app.baseUrl}${path}`, headers, body: '' })
  if (result.kind === 'failure') {
    const failure = notApplied(classifyFailure(result))
    const reason = `${failure.reason} (asking for the token of the GitHub App)`
    return { kind: 'failed', failure: { ...failure, reason } }
  }
  const { status } = result
  const verdict = classifyGithub(result, notFoundHint(app))
  if (verdict.kind === 'delivered') return result
  const judged = status === 401 ? judgeSigned(verdict, result) : verdict
  const reason = createRedactor([jwt])(reasonOf(status, judged))
  // A Secret read anew may name another installation.
  const failure: Failure =
    status === 404 ? { kind: 'unauthorized', reason } : notApplied({ ...judged, reason })
  return { kind: 'failed', failure, status }
}

function reasonOf(status: number, { kind, reason }: Failure): string {
  const hint = kind === 'unauthorized' ? HINTS.get(status) : undefined
  return ['GitHub App', reason, hint].filter((part) => part !== undefined).join(': ')
}

const HINTS: ReadonlyMap<number, string> = new Map([
  [
    401,
    'check that githubAppPrivateKey is a key of the App githubAppID, and the clock of this host',
  ],
  [403, 'the installation of the App may be suspended'],
])

function notFoundHint({ installation }: GithubApp): string {
  return 'id' in installation
    ? 'the App has no installation githubAppInstallationID'
    : 'the App is not installed for githubAppInstallationOwner'
}

function unreadable({ status }: HttpResponse, what: string): Failure {
  const reason = `GitHub App: HTTP ${status} without ${what} that can be read`
  return { kind: 'retry', reason, applied: 'no' }
}
