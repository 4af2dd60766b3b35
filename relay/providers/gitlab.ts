import { z } from 'zod'
import { ellipsize } from '../model/text.ts'
import type { HttpResponse } from '../ports/http.ts'
import { classifyForgeAnswer, findAbsentCommit } from './answers/forge-answer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { commitHash, namesNoCommit } from './forges/commit-hash.ts'
import {
  descriptionOf,
  fitDescription,
  skipProgressing,
  statusSubject,
} from './forges/commit-status.ts'
import {
  type GitlabProject,
  gitlabFields,
  gitlabHeaders,
  gitlabProject,
} from './forges/gitlab-project.ts'
import { postJson } from './messages/json-request.ts'
import { isError } from './messages/names.ts'
import { serviceMessage } from './messages/service-message.ts'
import type { Verdict } from './verdict.ts'

const MAX_TEXT_LENGTH = 255

/** The lengths of hashes. GitLab also has repositories with SHA-256 object ids. */
const HASH_LENGTHS = [40, 64] as const

/** GitLab's names of the transitions that our two states ask for, with the states they lead to. */
const TARGET_STATES: ReadonlyMap<string, string> = new Map([
  ['success', 'success'],
  ['drop', 'failed'],
])

/**
 * GitLab: the status of a commit, with an access token.
 * https://docs.gitlab.com/api/commits/#set-commit-pipeline-status
 */
export const gitlab = httpProvider<GitlabProject>({
  type: 'gitlab',
  family: 'commit-status',
  hasLink: true,
  maxLinkLength: MAX_TEXT_LENGTH,
  settings: z.object(gitlabFields()).transform(gitlabProject),
  skips: skipProgressing,
  skipsMerged: (event) => namesNoCommit(event, HASH_LENGTHS),
  fit: ({ event }) => fitDescription(event, MAX_TEXT_LENGTH),
  requests(notification, settings) {
    return [
      postJson(statusUrl(notification, settings), statusOf(notification), gitlabHeaders(settings)),
    ]
  },
  subject(notification, settings) {
    const status = statusOf(notification)
    return statusSubject(statusUrl(notification, settings), [status.name], status)
  },
  followsRedirects: true,
  classify: classifyGitlab,
  findOut: findAbsentCommit,
})

function statusUrl({ event }: Notification, settings: GitlabProject): string {
  return `${settings.projectUrl}/statuses/${commitHash(event, HASH_LENGTHS)}`
}

function statusOf(notification: Notification) {
  const { event, commitStatusContext, link } = notification
  return {
    state: isError(event) ? 'failed' : 'success',
    name: ellipsize(commitStatusContext, MAX_TEXT_LENGTH),
    ...(link !== undefined && { target_url: link }),
    description: descriptionOf(notification, MAX_TEXT_LENGTH),
  }
}

/** Judges the answer. A 409 means that another update of the same commit holds GitLab's lock. */
function classifyGitlab(response: HttpResponse): Verdict {
  const verdict = classifyForgeAnswer(response)
  if (verdict.kind !== 'rejected') return verdict
  if (response.status === 409) return { kind: 'retry', reason: verdict.reason, applied: 'no' }
  if (response.status === 400 && isAlreadySet(serviceMessage(response.body) ?? '')) {
    return { kind: 'delivered', reason: 'GitLab has this state already' }
  }
  if (response.status === 405 && MOVED.test(verdict.reason)) {
    return { ...verdict, reason: `${verdict.reason}: update the address of the Provider` }
  }
  return verdict
}

/** The message for a write to a renamed project. GitLab redirects reads only. */
const MOVED = /moved projects/i

const TRANSITION = /Cannot transition status via :([a-z_]{1,30}) from :([a-z_]{1,30})/

/** Whether the status has the state already, as in `via :drop from :failed`. */
function isAlreadySet(message: string): boolean {
  const [, event = '', state] = TRANSITION.exec(message) ?? []
  return state !== undefined && TARGET_STATES.get(event) === state
}
