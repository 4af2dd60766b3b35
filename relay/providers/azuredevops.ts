import { z } from 'zod'
import type { HttpResponse } from '../ports/http.ts'
import { classifyForgeAnswer, findAbsentCommit } from './answers/forge-answer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { AZURE_REPOSITORY_FORM, azureRepositoryUrl } from './forges/azure-repository.ts'
import { commitHash, namesNoCommit } from './forges/commit-hash.ts'
import {
  descriptionOf,
  fitDescription,
  skipProgressing,
  statusSubject,
} from './forges/commit-status.ts'
import { gitAddress } from './forges/git-address.ts'
import { authorization, postJson } from './messages/json-request.ts'
import { isError } from './messages/names.ts'
import { sendShortest } from './messages/shortest-form.ts'
import { requiredSecretText } from './settings.ts'
import type { Verdict } from './verdict.ts'

const MAX_DESCRIPTION_LENGTH = 255

const Settings = z
  .object({ address: gitAddress('', () => true), token: requiredSecretText() })
  .transform(({ address, token }, context) => {
    const repositoryUrl = azureRepositoryUrl(address)
    if (repositoryUrl !== undefined) return { repositoryUrl, token }
    context.addIssue({ code: 'custom', path: ['address'], message: AZURE_REPOSITORY_FORM })
    return z.NEVER
  })
type Settings = z.infer<typeof Settings>

/**
 * Azure DevOps: the status of a commit, with a personal access token or an Entra token.
 * https://learn.microsoft.com/en-us/rest/api/azure/devops/git/statuses/create
 */
export const azureDevOps = httpProvider<Settings>({
  type: 'azuredevops',
  family: 'commit-status',
  hasLink: true,
  settings: Settings,
  skips: skipProgressing,
  skipsMerged: (event) => namesNoCommit(event),
  fit: ({ event }) => fitDescription(event, MAX_DESCRIPTION_LENGTH),
  requests: statusPosts,
  subject(notification, settings) {
    const status = statusOf(notification)
    const { genre, name } = status.context
    return statusSubject(statusUrl(notification, settings), [genre, name], status)
  },
  followsRedirects: true,
  classify: classifyAzureDevOps,
  findOut: findAbsentCommit,
  // How long a genre may be is documented nowhere.
  fallback(answer, notification, settings) {
    const fallback = sendShortest(answer, notification, (shortened) =>
      statusPosts(shortened, settings),
    )
    const note = `answered with HTTP ${answer.status}, and sent again without the summary in its genre`
    return fallback && { ...fallback, note }
  },
})

function statusPosts(notification: Notification, settings: Settings) {
  const credential = Buffer.from(`:${settings.token}`).toString('base64')
  return [
    postJson(statusUrl(notification, settings), statusOf(notification), {
      accept: 'application/json;api-version=6.0',
      'content-type': 'application/json;charset=utf-8',
      'x-tfs-fedauthredirect': 'Suppress',
      ...authorization('Basic', credential),
    }),
  ]
}

function statusUrl({ event }: Notification, settings: Settings): string {
  return `${settings.repositoryUrl}/commits/${commitHash(event)}/statuses`
}

/** The status for a notification. Azure DevOps identifies a status by genre and name together. */
function statusOf(notification: Notification) {
  const { event, commitStatusContext, link } = notification
  const { summary } = event.metadata
  return {
    state: isError(event) ? 'error' : 'succeeded',
    ...(link !== undefined && { targetUrl: link }),
    description: descriptionOf(notification, MAX_DESCRIPTION_LENGTH),
    context: { genre: summary ? `fluxcd:${summary}` : 'fluxcd', name: commitStatusContext },
  }
}

/**
 * Judges the answer. Azure DevOps may answer a wrong token with the sign-in page and a success
 * status.
 */
function classifyAzureDevOps(response: HttpResponse): Verdict {
  const { status } = response
  if (status < 200 || status >= 300 || isJsonAnswer(response)) return classifyForgeAnswer(response)
  return {
    kind: 'unauthorized',
    reason: `HTTP ${status}: the answer is a page, not JSON; the token may be wrong or expired`,
  }
}

function isJsonAnswer({ status, headers, body }: HttpResponse): boolean {
  if (status === 203 || headers['content-type']?.toLowerCase().includes('html')) return false
  return body.trimStart().startsWith('{')
}
