import { z } from 'zod'
import { classifyGithub, GITHUB_HEADERS } from './answers/github-answer.ts'
import { appJwt } from './auth/github-app.ts'
import type { GithubApp } from './auth/github-app-settings.ts'
import type { TryPorts } from './contract.ts'
import { changeRequestComment } from './forges/change-request-comment.ts'
import {
  COMMENT_NOT_FOUND,
  type CommentSettings,
  IssueComment,
  type SelfRequest,
  UserLogin,
} from './forges/comment-forge.ts'
import {
  authorizeGithub,
  type GithubRepository,
  githubFields,
  githubRepository,
} from './forges/github-repository.ts'
import { authorization } from './messages/json-request.ts'

type Settings = GithubRepository & CommentSettings

/**
 * GitHub: a comment on a pull request.
 * https://docs.github.com/en/rest/issues/comments
 */
export const githubPullRequestComment = changeRequestComment<Settings>({
  type: 'githubpullrequestcomment',
  markerName: 'flux-pr-comment-key',
  maxLength: 65_536,
  editMethod: 'PATCH',
  comment: IssueComment,
  settings: z
    .object({ ...githubFields(), providerUid: z.string() })
    .transform(({ providerUid, ...fields }, context) => ({
      providerUid,
      ...githubRepository(fields, context),
    })),
  urls({ repositoryUrl }, number) {
    const comments = `${repositoryUrl}/issues/${number}/comments`
    return {
      comments,
      firstHundred: `${comments}?direction=asc&per_page=100&sort=created`,
      comment: (id) => `${repositoryUrl}/issues/comments/${id}`,
    }
  },
  async authorize(settings, tryPorts) {
    const result = await authorizeGithub(settings, tryPorts)
    if (result.kind !== 'authorized') return result
    return { ...result, headers: { ...GITHUB_HEADERS, ...result.headers } }
  },
  async self({ apiUrl, credential }, headers, { clock }) {
    if (credential.kind === 'app') return appSelf(credential, clock)
    return { url: `${apiUrl}/user`, headers, author: UserLogin, secrets: [] }
  },
  classify: (response) => classifyGithub(response, COMMENT_NOT_FOUND),
})

/**
 * The request that tells the author of an App's comments. An App is no user; its bot writes them.
 */
async function appSelf(app: GithubApp, clock: TryPorts['clock']): Promise<SelfRequest> {
  const jwt = await appJwt(app, clock)
  const headers = { ...GITHUB_HEADERS, ...authorization('Bearer', jwt) }
  return { url: `${app.baseUrl}/app`, headers, author: BotLogin, secrets: [jwt] }
}

const BotLogin = z.object({ slug: z.string().min(1) }).transform(({ slug }) => `${slug}[bot]`)
