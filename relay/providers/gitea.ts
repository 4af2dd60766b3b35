import { z } from 'zod'
import { ellipsize } from '../model/text.ts'
import { classifyForgeAnswer, findAbsentCommit } from './answers/forge-answer.ts'
import { type FailedDelivery, httpProvider, type Notification, type TryPorts } from './contract.ts'
import { commitHash, namesNoCommit } from './forges/commit-hash.ts'
import { descriptionOf, fitDescription, statusSubject } from './forges/commit-status.ts'
import {
  type GiteaRepository,
  giteaFields,
  giteaHeaders,
  giteaRepository,
} from './forges/gitea-repository.ts'
import { postJson } from './messages/json-request.ts'
import { isError } from './messages/names.ts'
import type { Verdict } from './verdict.ts'

/** The longest text. Gitea documents no limit; no other forge shows more. */
const MAX_TEXT_LENGTH = 255

/** The lengths of hashes. Gitea also has repositories with SHA-256 object ids. */
const HASH_LENGTHS = [40, 64] as const

/**
 * Gitea and Forgejo: the status of a commit, with an access token.
 * https://docs.gitea.com/api/#tag/repository/operation/repoCreateStatus
 */
export const gitea = httpProvider<GiteaRepository>({
  type: 'gitea',
  family: 'commit-status',
  hasLink: true,
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
  followsRedirects: true,
  classify: (response) => classifyForgeAnswer(response),
  findOut,
})

/**
 * Finds out whether the commit exists. Gitea 1.26 answers 500, often without a message, for the
 * status of a missing commit.
 * https://docs.gitea.com/api/#tag/repository/operation/repoGetSingleCommit
 */
async function findOut(
  failed: FailedDelivery<GiteaRepository>,
  tryPorts: TryPorts,
): Promise<Verdict | undefined> {
  const { answer, verdict, notification, settings } = failed
  if (answer.status !== 500) return findAbsentCommit(failed)
  const hash = commitHash(notification.event, HASH_LENGTHS)
  const url = `${settings.repositoryUrl}/git/commits/${hash}`
  const headers = giteaHeaders(settings)
  const commit = await tryPorts.send({ method: 'GET', url, headers, body: '' })
  if (commit.kind === 'failure' || commit.status !== 404) return undefined
  return { kind: 'absent', reason: `${verdict.reason}: the repository has no commit ${hash}` }
}

function statusUrl({ event }: Notification, settings: GiteaRepository): string {
  return `${settings.repositoryUrl}/statuses/${commitHash(event, HASH_LENGTHS)}`
}

function statusOf(notification: Notification) {
  const { event, commitStatusContext, link } = notification
  const result = isError(event) ? 'failure' : 'success'
  return {
    state: event.reason === 'Progressing' ? 'pending' : result,
    target_url: link ?? '',
    description: descriptionOf(notification, MAX_TEXT_LENGTH),
    context: ellipsize(commitStatusContext, MAX_TEXT_LENGTH),
  }
}
