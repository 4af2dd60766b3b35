import { z } from 'zod'
import { ellipsize } from '../model/text.ts'
import { findAbsentCommit } from './answers/forge-answer.ts'
import { classifyGithub } from './answers/github-answer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { commitHash, namesNoCommit } from './forges/commit-hash.ts'
import {
  descriptionOf,
  fitDescription,
  skipProgressing,
  statusSubject,
} from './forges/commit-status.ts'
import { EMOJI_NOTE, refusesEmoji, withoutEmoji } from './forges/github-description.ts'
import {
  authorizeGithub,
  type GithubRepository,
  githubFields,
  githubHeaders,
  githubRepository,
} from './forges/github-repository.ts'
import { postJson } from './messages/json-request.ts'
import { isError } from './messages/names.ts'

const MAX_DESCRIPTION_LENGTH = 140
const MAX_CONTEXT_LENGTH = 255

/**
 * GitHub and GitHub Enterprise Server: the status of a commit, with a personal access token or
 * as a GitHub App.
 * https://docs.github.com/en/rest/commits/statuses#create-a-commit-status
 */
export const github = httpProvider<GithubRepository>({
  type: 'github',
  family: 'commit-status',
  hasLink: true,
  settings: z.object(githubFields()).transform(githubRepository),
  skips: skipProgressing,
  skipsMerged: (event) => namesNoCommit(event),
  fit: ({ event }) => fitDescription(event, MAX_DESCRIPTION_LENGTH),
  requests: (notification, settings) => [
    statusPost(notification, settings, statusOf(notification)),
  ],
  authorize: authorizeGithub,
  subject(notification, settings) {
    const status = statusOf(notification)
    return statusSubject(statusUrl(notification, settings), [status.context], status)
  },
  followsRedirects: true,
  classify: (response) => classifyGithub(response),
  findOut: findAbsentCommit,
  fallback(answer, notification, settings) {
    if (!refusesEmoji(answer)) return undefined
    const status = statusOf(notification)
    const plain = { ...status, description: withoutEmoji(status.description) }
    return { requests: [statusPost(notification, settings, plain)], note: EMOJI_NOTE }
  },
})

function statusPost(
  notification: Notification,
  settings: GithubRepository,
  status: ReturnType<typeof statusOf>,
) {
  return postJson(statusUrl(notification, settings), status, githubHeaders(settings))
}

function statusUrl({ event }: Notification, settings: GithubRepository): string {
  return `${settings.repositoryUrl}/statuses/${commitHash(event)}`
}

function statusOf(notification: Notification) {
  const { event, commitStatusContext, link } = notification
  return {
    state: isError(event) ? 'failure' : 'success',
    context: ellipsize(commitStatusContext, MAX_CONTEXT_LENGTH),
    ...(link !== undefined && { target_url: link }),
    description: descriptionOf(notification, MAX_DESCRIPTION_LENGTH),
  }
}
