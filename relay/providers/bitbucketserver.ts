import { createHash } from 'node:crypto'
import { z } from 'zod'
import { ellipsize } from '../model/text.ts'
import { classifyForgeAnswer, findAbsentCommit } from './answers/forge-answer.ts'
import { tokenOrPassword, tokenOrPasswordFields } from './auth/token-or-password.ts'
import { httpProvider, type Notification } from './contract.ts'
import { commitHash, namesNoCommit } from './forges/commit-hash.ts'
import {
  descriptionOf,
  fitDescription,
  skipProgressing,
  statusSubject,
} from './forges/commit-status.ts'
import { encodePath, parseGitAddress } from './forges/git-address.ts'
import { authorization, postJson } from './messages/json-request.ts'
import { isError } from './messages/names.ts'

const MAX_TEXT_LENGTH = 255
const MAX_URL_LENGTH = 450

const ADDRESS_FORM =
  'expected an HTTP clone URL, http:// or https://, whose path ends in scm/PROJECT/repository.git'

const Settings = z
  .object({ address: z.string(), ...tokenOrPasswordFields() })
  .transform(({ address, ...credentials }, context) => ({
    address: withoutCredentials(address),
    repositoryUrl: repositoryUrl(address, context),
    credential: credentialOf(credentials, context),
  }))
type Settings = z.infer<typeof Settings>

/**
 * Bitbucket Server and Data Center: the build status of a commit, with an access token, or a user
 * name and password. A redirect to HTTPS or to a login page is a failure: nothing was set.
 * https://developer.atlassian.com/server/bitbucket/rest/latest/api-group-builds-and-deployments/
 */
export const bitbucketServer = httpProvider<Settings>({
  type: 'bitbucketserver',
  family: 'commit-status',
  hasLink: true,
  maxLinkLength: MAX_URL_LENGTH,
  settings: Settings,
  skips: skipProgressing,
  skipsMerged: (event) => namesNoCommit(event),
  fit: ({ event }) => fitDescription(event, MAX_TEXT_LENGTH),
  requests(notification, settings) {
    return [
      postJson(statusUrl(notification, settings), statusOf(notification, settings), {
        'x-atlassian-token': 'no-check',
        'x-requested-with': 'XMLHttpRequest',
        ...settings.credential,
      }),
    ]
  },
  subject(notification, settings) {
    const status = statusOf(notification, settings)
    return statusSubject(statusUrl(notification, settings), [status.key], status, status.name)
  },
  followsRedirects: true,
  classify: (response) => classifyForgeAnswer(response),
  findOut: findAbsentCommit,
})

/**
 * The URL of the repository in the API. The API is beside `scm`, below the path where the service
 * is installed.
 */
function repositoryUrl(address: string, context: z.RefinementCtx): string {
  const issue = (message: string) => {
    context.addIssue({ code: 'custom', path: ['address'], message })
    return z.NEVER
  }
  const parsed = parseGitAddress(address)
  if ('error' in parsed) return issue(parsed.error)
  const [scm, project = '', repository = ''] = parsed.path.slice(-3)
  if (!/^https?:/i.test(address) || parsed.path.length < 3 || scm !== 'scm') {
    return issue(ADDRESS_FORM)
  }
  if (address.length > MAX_URL_LENGTH) {
    return issue(`longer than the ${MAX_URL_LENGTH} characters that Bitbucket takes`)
  }
  const api = [...parsed.path.slice(0, -3), 'rest', 'api', 'latest']
  return `${parsed.origin}/${encodePath([...api, 'projects', project, 'repos', repository])}`
}

/** The address without credentials. The status shows it to everybody who sees the commit. */
function withoutCredentials(address: string): string {
  return address.replace(/[?#].*$/s, '').replace(/^(https?:\/\/)[^/]*@/i, '$1')
}

type Credentials = Parameters<typeof tokenOrPassword>[0]

function credentialOf(credentials: Credentials, context: z.RefinementCtx) {
  const secret = tokenOrPassword(credentials, context, 'of a pair')
  if (credentials.token !== '') return authorization('Bearer', secret)
  return authorization('Basic', Buffer.from(`${credentials.username}:${secret}`).toString('base64'))
}

function statusUrl({ event }: Notification, settings: Settings): string {
  return `${settings.repositoryUrl}/commits/${commitHash(event)}/builds`
}

/**
 * The status for a notification. Its limits are those of
 * https://developer.atlassian.com/server/bitbucket/rest/v803/api-group-build-status
 */
function statusOf(notification: Notification, { address }: Settings) {
  const { event, commitStatusContext, link } = notification
  const { kind, name } = event.involvedObject
  const description = descriptionOf(notification, MAX_TEXT_LENGTH)
  return {
    key: createHash('sha1').update(commitStatusContext).digest('hex'),
    state: isError(event) ? 'FAILED' : 'SUCCESSFUL',
    url: link ?? address,
    name: ellipsize(`${`${kind}/${name}`.toLowerCase()} [${description}]`, MAX_TEXT_LENGTH),
    description,
  }
}
