import { z } from 'zod'
import { classifyForgeAnswer } from './answers/forge-answer.ts'
import { changeRequestComment } from './forges/change-request-comment.ts'
import { COMMENT_NOT_FOUND, type CommentSettings } from './forges/comment-forge.ts'
import {
  type GitlabProject,
  gitlabFields,
  gitlabHeaders,
  gitlabProject,
} from './forges/gitlab-project.ts'

const Username = z.object({ username: z.string().min(1) }).transform(({ username }) => username)

const Note = z
  .object({ id: z.number(), body: z.string().nullish(), author: Username.nullish() })
  .transform(({ id, body, author }) => ({
    id: String(id),
    author: author ?? '',
    body: body ?? '',
  }))

/**
 * GitLab: a note on a merge request.
 * https://docs.gitlab.com/api/notes/#merge-requests
 */
export const gitlabMergeRequestComment = changeRequestComment<GitlabProject & CommentSettings>({
  type: 'gitlabmergerequestcomment',
  markerName: 'flux-mr-comment-key',
  maxLength: 1_000_000,
  editMethod: 'PUT',
  comment: Note,
  // https://docs.gitlab.com/user/markdown/#newlines
  lineEnd: '  \n',
  settings: z
    .object({ ...gitlabFields(), providerUid: z.string() })
    .transform(({ providerUid, ...fields }, context) => ({
      providerUid,
      ...gitlabProject(fields, context),
    })),
  urls({ projectUrl }, number) {
    const comments = `${projectUrl}/merge_requests/${number}/notes`
    return {
      comments,
      firstHundred: `${comments}?order_by=created_at&per_page=100&sort=asc`,
      comment: (id) => `${comments}/${id}`,
    }
  },
  async authorize(settings) {
    return { kind: 'authorized', headers: gitlabHeaders(settings), secrets: [] }
  },
  async self({ apiUrl }, headers) {
    return { url: `${apiUrl}/user`, headers, author: Username, secrets: [] }
  },
  classify: (response) => classifyForgeAnswer(response, COMMENT_NOT_FOUND),
})
