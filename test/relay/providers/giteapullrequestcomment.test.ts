import { describe, expect, it } from 'vitest'
import { giteaPullRequestComment } from '../../../relay/providers/giteapullrequestcomment.ts'
import { describeComments } from '../../support/comment-scenarios.ts'
import { settingsOf } from '../../support/notifications.ts'

const COMMENTS = '/api/v1/repos/example/fleet-infra/issues/42/comments'

describeComments({
  type: 'giteapullrequestcomment',
  marker: 'flux-pr-comment-key',
  path: 'example/fleet-infra.git',
  secret: { token: 'gitea-token' },
  authorization: { authorization: 'token gitea-token' },
  self: { line: 'GET /api/v1/user', json: { id: 5, login: 'flux-bot' } },
  list: `GET ${COMMENTS}?limit=100&page=1`,
  post: `POST ${COMMENTS}`,
  edit: (id) => `PATCH /api/v1/repos/example/fleet-infra/issues/comments/${id}`,
  comment: (id, body, own = true) => ({ id, body, user: { login: own ? 'flux-bot' : 'ana' } }),
})

describe('giteapullrequestcomment settings', () => {
  const address = 'https://gitea.test/o/r'
  it.each([
    ['no address', {}, { token: 't' }, /^address: set spec\.address/],
    ['a deep path', { address: `${address}/x` }, { token: 't' }, /^address: .*owner\/repository/],
    ['no Secret', { address }, {}, /^token: .*needs the key token or password/],
    ['a password without a name', { address }, { password: 'p' }, /^username: .*no username/],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(giteaPullRequestComment, spec, secret)).toThrow(message)
  })
})
