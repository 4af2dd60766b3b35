import { type ZodType, z } from 'zod'
import { characters, jsonBody, jsonPost, type Service } from './service.ts'

/** The commit of the events that the services are told of. */
export const COMMIT = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'

/**
 * https://docs.github.com/en/rest/commits/statuses#create-a-commit-status; the lengths are in GitHub's
 * answers only: "description is too long (maximum is 140 characters)".
 */
const GithubStatus = z.strictObject({
  state: z.enum(['error', 'failure', 'pending', 'success']),
  context: characters(255, 1),
  description: characters(140),
  target_url: z.url().optional(),
})

/** https://docs.gitlab.com/api/commits/#set-commit-pipeline-status */
const GitlabStatus = z.strictObject({
  state: z.enum(['pending', 'running', 'success', 'failed', 'canceled', 'skipped']),
  name: characters(255, 1),
  description: characters(255),
  target_url: z.url().max(255).optional(),
})

/** `CreateStatusOption` of https://docs.gitea.com/api/#tag/repository/operation/repoCreateStatus */
const GiteaStatus = z.strictObject({
  state: z.enum(['pending', 'success', 'error', 'failure', 'warning']),
  target_url: z.literal('').or(z.url()),
  description: z.string(),
  context: z.string().min(1),
})

/** https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/ */
const BitbucketStatus = z.strictObject({
  state: z.enum(['FAILED', 'INPROGRESS', 'STOPPED', 'SUCCESSFUL']),
  key: characters(40, 1),
  name: characters(255),
  description: characters(255),
  url: z.url(),
})

/** https://developer.atlassian.com/server/bitbucket/rest/v803/api-group-build-status */
const BitbucketServerStatus = z.strictObject({
  state: z.enum(['CANCELLED', 'FAILED', 'INPROGRESS', 'SUCCESSFUL', 'UNKNOWN']),
  key: characters(255, 1),
  name: characters(255),
  description: characters(255),
  url: z.url().max(450),
})

/** https://learn.microsoft.com/en-us/rest/api/azure/devops/git/statuses/create */
const AzureDevOpsStatus = z.strictObject({
  state: z.enum([
    'error',
    'failed',
    'notApplicable',
    'notSet',
    'partiallySucceeded',
    'pending',
    'succeeded',
  ]),
  description: z.string(),
  targetUrl: z.url().optional(),
  context: z.strictObject({ genre: z.string(), name: z.string().min(1) }),
})

interface Forge {
  readonly type: string
  readonly address: string
  readonly token?: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: ZodType
}

const FORGES: readonly Forge[] = [
  {
    type: 'github',
    address: 'https://github.com/fleet/infra',
    url: `https://api.github.com/repos/fleet/infra/statuses/${COMMIT}`,
    headers: { authorization: 'Bearer t', 'x-github-api-version': '2022-11-28' },
    body: GithubStatus,
  },
  {
    type: 'gitlab',
    address: 'https://gitlab.com/fleet/infra',
    url: `https://gitlab.com/api/v4/projects/fleet%2Finfra/statuses/${COMMIT}`,
    headers: { 'private-token': 't' },
    body: GitlabStatus,
  },
  {
    type: 'gitea',
    address: 'https://gitea.example.com/fleet/infra',
    url: `https://gitea.example.com/api/v1/repos/fleet/infra/statuses/${COMMIT}`,
    headers: { authorization: 'token t' },
    body: GiteaStatus,
  },
  {
    type: 'bitbucket',
    address: 'https://bitbucket.org/fleet/infra',
    token: 'bot:t',
    url: `https://api.bitbucket.org/2.0/repositories/fleet/infra/commit/${COMMIT}/statuses/build`,
    headers: { authorization: `Basic ${btoa('bot:t')}` },
    body: BitbucketStatus,
  },
  {
    type: 'bitbucketserver',
    address: 'https://bitbucket.example.com/scm/FLEET/infra.git',
    url: `https://bitbucket.example.com/rest/api/latest/projects/FLEET/repos/infra/commits/${COMMIT}/builds`,
    headers: { authorization: 'Bearer t' },
    body: BitbucketServerStatus,
  },
  {
    type: 'azuredevops',
    address: 'https://dev.azure.com/org/fleet/_git/infra',
    url: `https://dev.azure.com/org/fleet/_apis/git/repositories/infra/commits/${COMMIT}/statuses`,
    headers: {
      authorization: `Basic ${btoa(':t')}`,
      accept: 'application/json;api-version=6.0',
      'content-type': 'application/json;charset=utf-8',
    },
    body: AzureDevOpsStatus,
  },
]

/** The forges that show the status of a commit. */
export const forgeServices: readonly Service[] = FORGES.map(
  ({ type, address, token = 't', url, headers, body }) => ({
    name: type,
    type,
    spec: { address },
    secret: { token },
    requests: () => [jsonPost(url, headers, jsonBody(body), { status: 201, body: '{"id":1}' })],
  }),
)
