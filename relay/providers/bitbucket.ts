import { createHash } from 'node:crypto'
import { z } from 'zod'
import { ellipsize } from '../model/text.ts'
import { classifyForgeAnswer, findAbsentCommit } from './answers/forge-answer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { commitHash, namesNoCommit } from './forges/commit-hash.ts'
import {
  descriptionOf,
  fitDescription,
  skipProgressing,
  statusSubject,
} from './forges/commit-status.ts'
import { encodePath, type GitAddress, gitAddress } from './forges/git-address.ts'
import { headerTextError } from './header-text.ts'
import { authorization, postJson } from './messages/json-request.ts'
import { isError } from './messages/names.ts'
import { sensitive } from './settings.ts'

const MAX_TEXT_LENGTH = 255

const TOKEN_FORM =
  'the Secret named by spec.secretRef needs the key token in the form email:api-token, with one colon, or with an access token of the repository or workspace, without'

const Settings = z
  .object({
    address: gitAddress('workspace/repository', (path) => path.length === 2),
    token: sensitive(z.string().regex(/^[^:]+(:[^:]+)?$/, TOKEN_FORM)),
  })
  .transform(({ address, token }, context) => ({
    repositoryUrl: repositoryUrl(address),
    credential: credentialOf(token, context),
  }))
type Settings = z.infer<typeof Settings>

/**
 * Bitbucket Cloud: the build status of a commit, with a user's API token, or an access token of the
 * repository, project or workspace.
 * https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/
 */
export const bitbucket = httpProvider<Settings>({
  type: 'bitbucket',
  family: 'commit-status',
  hasLink: true,
  settings: Settings,
  skips: skipProgressing,
  skipsMerged: (event) => namesNoCommit(event),
  fit: ({ event }) => fitDescription(event, MAX_TEXT_LENGTH),
  requests(notification, settings) {
    const { credential } = settings
    return [postJson(statusUrl(notification, settings), statusOf(notification), credential)]
  },
  subject(notification, settings) {
    const status = statusOf(notification)
    return statusSubject(statusUrl(notification, settings), [status.key], status, status.name)
  },
  followsRedirects: true,
  classify: (response) => classifyForgeAnswer(response),
  findOut: findAbsentCommit,
})

/**
 * The hosts of Bitbucket Cloud. SSH over the HTTPS port has its own host:
 * https://support.atlassian.com/bitbucket-cloud/docs/configure-ssh-and-two-step-verification/
 */
const BITBUCKET_ORG: ReadonlySet<string> = new Set(['bitbucket.org', 'altssh.bitbucket.org'])

/**
 * Reads the credential. A user's token needs the user's e-mail; a token of a repository or
 * workspace belongs to no user:
 * https://developer.atlassian.com/cloud/bitbucket/rest/intro/#authentication
 */
function credentialOf(token: string, context: z.RefinementCtx) {
  if (token.includes(':')) return authorization('Basic', Buffer.from(token).toString('base64'))
  const message = headerTextError(token)
  if (message) context.addIssue({ code: 'custom', path: ['token'], message })
  return authorization('Bearer', token)
}

function repositoryUrl({ origin, host, path }: GitAddress): string {
  const base = BITBUCKET_ORG.has(host) ? 'https://api.bitbucket.org' : origin
  return `${base}/2.0/repositories/${encodePath(path)}`
}

function statusUrl({ event }: Notification, settings: Settings): string {
  return `${settings.repositoryUrl}/commit/${commitHash(event)}/statuses/build`
}

/**
 * The status for a notification. The key is a hash, since Bitbucket allows at most 40 characters;
 * the URL is required.
 */
function statusOf(notification: Notification) {
  const { event, commitStatusContext, link } = notification
  const { kind, name } = event.involvedObject
  return {
    state: isError(event) ? 'FAILED' : 'SUCCESSFUL',
    key: createHash('sha1').update(commitStatusContext).digest('hex'),
    name: ellipsize(`${kind}/${name}`.toLowerCase(), MAX_TEXT_LENGTH),
    description: descriptionOf(notification, MAX_TEXT_LENGTH),
    url: link ?? 'https://bitbucket.org',
  }
}
