import { z } from 'zod'
import { ellipsize } from '../model/text.ts'
import type { HttpResponse } from '../ports.ts'
import { httpProvider, type Notification, type Verdict } from './contract.ts'
import { commitHash } from './formats/commit-hash.ts'
import { skipProgressing, statusSubject } from './formats/commit-status.ts'
import { classifyForgeAnswer } from './formats/forge-answer.ts'
import { encodePath, type GitAddress, gitAddress } from './formats/git-address.ts'
import { authorization, postJson } from './formats/json-request.ts'
import { isError, reasonPhrase } from './formats/names.ts'
import { serviceMessage } from './formats/service-message.ts'
import { tokenOrPassword, tokenOrPasswordFields } from './formats/token-or-password.ts'

const MAX_DESCRIPTION_LENGTH = 140
const MAX_CONTEXT_LENGTH = 255

/** GitHub asks for this wait when a secondary rate limit comes without a `Retry-After`. */
const SECONDARY_LIMIT_WAIT_MS = 60_000

const Fields = z.object({
  address: gitAddress('owner/repository', (path) => path.length === 2),
  ...tokenOrPasswordFields(),
  secret: z.record(z.string(), z.string()),
})
const Settings = Fields.transform((fields, context) => ({
  repositoryUrl: repositoryUrl(fields.address),
  token: githubToken(fields, context),
}))
type Settings = z.infer<typeof Settings>

/**
 * GitHub and GitHub Enterprise Server: the status of a commit, with a personal access token.
 * https://docs.github.com/en/rest/commits/statuses#create-a-commit-status
 */
export const github = httpProvider<Settings>({
  type: 'github',
  family: 'commit-status',
  settings: Settings,
  skips: skipProgressing,
  requests(notification, settings) {
    return [
      postJson(statusUrl(notification, settings), statusOf(notification), {
        accept: 'application/vnd.github.v3+json',
        'x-github-api-version': '2022-11-28',
        ...authorization('Bearer', settings.token),
      }),
    ]
  },
  subject(notification, settings) {
    const status = statusOf(notification)
    return statusSubject(statusUrl(notification, settings), [status.context], status)
  },
  classify: classifyGithub,
})

function githubToken(fields: z.infer<typeof Fields>, context: z.RefinementCtx): string {
  const { token, password, secret } = fields
  if (token === '' && password === '' && secret.githubAppID !== undefined) {
    context.addIssue({
      code: 'custom',
      path: ['token'],
      message:
        'the Secret has githubAppID, but GitHub App authentication is not supported yet; use the key token with a personal access token',
    })
    return ''
  }
  return tokenOrPassword(fields, context)
}

/** Hosts of GitHub Enterprise Cloud (`api.<name>.ghe.com`) have their API at the root. */
function repositoryUrl({ origin, host, path }: GitAddress): string {
  return `${apiUrl(origin, host)}/repos/${encodePath(path)}`
}

function apiUrl(origin: string, host: string): string {
  if (host === 'github.com') return 'https://api.github.com'
  return host.startsWith('api.') || host.includes('.api.') ? origin : `${origin}/api/v3`
}

function statusUrl({ event }: Notification, settings: Settings): string {
  return `${settings.repositoryUrl}/statuses/${commitHash(event)}`
}

function statusOf({ event, commitStatusContext }: Notification) {
  return {
    state: isError(event) ? 'failure' : 'success',
    context: ellipsize(commitStatusContext, MAX_CONTEXT_LENGTH),
    description: ellipsize(reasonPhrase(event.reason), MAX_DESCRIPTION_LENGTH),
  }
}

/**
 * A rate limit may be told by its message alone:
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 */
function classifyGithub(response: HttpResponse): Verdict {
  const verdict = classifyForgeAnswer(response)
  const said = serviceMessage(response.body) ?? ''
  if (verdict.kind !== 'unauthorized' || response.status !== 403) return verdict
  if (!/rate limit/i.test(said)) return verdict
  return {
    kind: 'retry',
    reason: verdict.reason,
    applied: 'no',
    retryAfterMs: SECONDARY_LIMIT_WAIT_MS,
  }
}
