import { z } from 'zod'
import { ellipsize } from '../model/text.ts'
import { httpProvider, type Notification } from './contract.ts'
import { commitHash, namesNoCommit } from './formats/commit-hash.ts'
import { descriptionOf, fitDescription, statusSubject } from './formats/commit-status.ts'
import { classifyForgeAnswer } from './formats/forge-answer.ts'
import {
  type GiteaRepository,
  giteaFields,
  giteaHeaders,
  giteaRepository,
} from './formats/gitea-repository.ts'
import { postJson } from './formats/json-request.ts'
import { isError } from './formats/names.ts'

/** Gitea documents no limit; no other forge shows more. */
const MAX_TEXT_LENGTH = 255

/** Gitea has repositories with SHA-256 object ids too. */
const HASH_LENGTHS = [40, 64] as const

/**
 * Gitea and Forgejo: the status of a commit, with an access token.
 * https://docs.gitea.com/api/#tag/repository/operation/repoCreateStatus
 */
export const gitea = httpProvider<GiteaRepository>({
  type: 'gitea',
  family: 'commit-status',
  settings: z.object(giteaFields()).transform(giteaRepository),
  skipsMerged: (event) => namesNoCommit(event, HASH_LENGTHS),
  fit: ({ event }) => fitDescription(event, MAX_TEXT_LENGTH),
  requests(notification, settings) {
    return [
      postJson(statusUrl(notification, settings), statusOf(notification), giteaHeaders(settings)),
    ]
  },
  subject(notification, settings) {
    const status = statusOf(notification)
    return statusSubject(statusUrl(notification, settings), [status.context], status)
  },
  classify: (response) => classifyForgeAnswer(response),
})

function statusUrl({ event }: Notification, settings: GiteaRepository): string {
  return `${settings.repositoryUrl}/statuses/${commitHash(event, HASH_LENGTHS)}`
}

function statusOf({ event, commitStatusContext }: Notification) {
  const result = isError(event) ? 'failure' : 'success'
  return {
    state: event.reason === 'Progressing' ? 'pending' : result,
    target_url: '',
    description: descriptionOf(event, MAX_TEXT_LENGTH),
    context: ellipsize(commitStatusContext, MAX_TEXT_LENGTH),
  }
}
