import { describe, expect, it } from 'vitest'
import { giteaPullRequestComment } from '../../../relay/providers/giteapullrequestcomment.ts'
import {
  type CommentCase,
  describeComments,
  startCommenting,
} from '../../support/comment-scenarios.ts'
import { settingsOf } from '../../support/notifications.ts'

const COMMENTS = '/api/v1/repos/example/fleet-infra/issues/42/comments'

const forge: CommentCase = {
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
}

describeComments(forge)

describe('a pull request that Gitea does not have', () => {
  const failed = { line: forge.list, status: 500, json: { message: '' } }
  const asked = { line: 'GET /api/v1/repos/example/fleet-infra/issues/42' }

  it('is found out after its server error, and ends that delivery', async () => {
    const relay = await startCommenting(forge)
    relay.expects(forge.self, failed, { ...asked, status: 404, json: { message: 'not found' } })
    await relay.deliver('one')
    expect(await relay.outcomes()).toEqual({
      one: 'dead: HTTP 500: the repository has no pull request 42',
    })
    expect(relay.requests.at(-1)?.headers).toMatchObject(forge.authorization)
  })

  it('may be one that was deleted with the comment', async () => {
    const relay = await startCommenting(forge)
    relay.expects(forge.self, { line: forge.list, json: [] })
    relay.expects({ line: forge.post, status: 201, json: forge.comment(7, 'made') })
    await relay.deliver('one')
    const gone = { status: 404, json: { message: 'not found' } }
    relay.expects({ line: forge.edit(7), ...gone }, forge.self, failed, { ...asked, ...gone })
    await relay.deliver('two')
    expect((await relay.outcomes()).two).toMatch(/^dead: HTTP 500: .* no pull request 42$/)
  })

  it.each([
    ['is there', { ...asked, status: 200, json: {} }],
    ['cannot be asked for', { ...asked, status: 500 }],
    ['may not be asked for', { ...asked, status: 403 }],
    ['gets no answer', { ...asked, lost: true }],
  ])('%s: the server error is what it says', async (_, answered) => {
    const relay = await startCommenting(forge)
    relay.expects(forge.self, failed, answered)
    await relay.deliver('one')
    expect(await relay.outcomes()).toEqual({ one: 'retry: HTTP 500' })
  })

  it.each([403, 404, 502])('is not asked for after a %i', async (status) => {
    const relay = await startCommenting(forge)
    const refused = { ...failed, status }
    // A credential that is not taken is read anew.
    relay.expects(forge.self, refused, ...(status === 403 ? [forge.self, refused] : []))
    await relay.deliver('one')
    expect((await relay.outcomes()).one).toMatch(`HTTP ${status}`)
  })

  it('parks nobody', async () => {
    const relay = await startCommenting(forge)
    const answers = [forge.self, failed, { ...asked, status: 404 }]
    for (const message of ['one', 'two', 'three', 'four']) {
      relay.expects(...answers)
      await relay.deliver(message)
    }
    expect(Object.values(await relay.outcomes())).toEqual(
      Array.from({ length: 4 }, () => 'dead: HTTP 500: the repository has no pull request 42'),
    )
  })
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
