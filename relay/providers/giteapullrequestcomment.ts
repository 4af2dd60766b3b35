import { z } from 'zod'
import { classifyForgeAnswer } from './answers/forge-answer.ts'
import { changeRequestComment } from './forges/change-request-comment.ts'
import {
  COMMENT_NOT_FOUND,
  type CommentSettings,
  IssueComment,
  UserLogin,
} from './forges/comment-forge.ts'
import {
  type GiteaRepository,
  giteaFields,
  giteaHeaders,
  giteaRepository,
} from './forges/gitea-repository.ts'

/**
 * Gitea and Forgejo: a comment on a pull request. Gitea documents no limit of length; that of
 * GitHub is enough.
 * https://docs.gitea.com/api/#tag/issue/operation/issueCreateComment
 */
export const giteaPullRequestComment = changeRequestComment<GiteaRepository & CommentSettings>({
  type: 'giteapullrequestcomment',
  markerName: 'flux-pr-comment-key',
  maxLength: 65_536,
  editMethod: 'PATCH',
  comment: IssueComment,
  settings: z
    .object({ ...giteaFields(), providerUid: z.string() })
    .transform(({ providerUid, ...fields }, context) => ({
      providerUid,
      ...giteaRepository(fields, context),
    })),
  urls({ repositoryUrl }, number) {
    const changeRequest = `${repositoryUrl}/issues/${number}`
    const comments = `${changeRequest}/comments`
    return {
      comments,
      firstHundred: `${comments}?limit=100&page=1`,
      comment: (id) => `${repositoryUrl}/issues/comments/${id}`,
      // Gitea 1.26 answers 500, and often nothing more, to the comments of what it does not have.
      changeRequest: {
        url: changeRequest,
        absence: `the repository has no pull request ${number}`,
      },
    }
  },
  async authorize(settings) {
    return { kind: 'authorized', headers: giteaHeaders(settings), secrets: [] }
  },
  async self({ apiUrl }, headers) {
    return { url: `${apiUrl}/user`, headers, author: UserLogin, secrets: [] }
  },
  classify: (response) => classifyForgeAnswer(response, COMMENT_NOT_FOUND),
})
