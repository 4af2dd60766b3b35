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
import {
  authorizeGithub,
  type GithubRepository,
  githubFields,
  githubHeaders,
  githubRepository,
} from './forges/github-repository.ts'
import { postJson } from './messages/json-request.ts'
import { isError } from './messages/names.ts'
import { serviceMessage } from './messages/service-message.ts'

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
  fallback({ status, body }, notification, settings) {
    if (status !== 422 || !REFUSES_EMOJI.test(serviceMessage(body) ?? '')) return undefined
    const plain = withoutEmoji(statusOf(notification))
    return {
      requests: [statusPost(notification, settings, plain)],
      note: 'answered with HTTP 422, and sent again with \ufffd for emoji and the like in the description',
    }
  },
})

/**
 * What GitHub says of a description with characters of four bytes in UTF-8. None of its documents does:
 * https://github.com/ouzi-dev/commit-status-updater/issues/526, https://github.com/wip/app/pull/138
 */
const REFUSES_EMOJI = /description (?:doesn't accept 4-byte|contains unicode characters above)/i

/** One or several characters beyond the Basic Multilingual Plane, with what joins them to one emoji. */
const BEYOND_BMP = /[\u{10000}-\u{10ffff}](?:[\u{10000}-\u{10ffff}]|\u200d|\ufe0f)*/gu

function withoutEmoji(status: ReturnType<typeof statusOf>) {
  return { ...status, description: status.description.replace(BEYOND_BMP, '\ufffd') }
}

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
