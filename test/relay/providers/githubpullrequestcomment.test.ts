import { describe, expect, it } from 'vitest'
import { githubPullRequestComment } from '../../../relay/providers/githubpullrequestcomment.ts'
import {
  type CommentCase,
  describeComments,
  startCommenting,
} from '../../support/comment-scenarios.ts'
import { APP_ID, appSecret, INSTALLATION_ID } from '../../support/github-app.ts'
import { notificationOf, PROVIDER_UID, settingsOf } from '../../support/notifications.ts'

/** By the double's clock, which its answers tell. */
const IN_AN_HOUR = new Date(Date.now() + 3_600_000).toISOString()

const COMMENTS = '/api/v3/repos/example/fleet-infra/issues/42/comments'
const MARKER = `<!-- flux-pr-comment-key:${PROVIDER_UID}/HelmRelease/preview/webapp-pr-42 -->`

const withToken: CommentCase = {
  type: 'githubpullrequestcomment',
  marker: 'flux-pr-comment-key',
  path: 'example/fleet-infra',
  secret: { token: 'ghp_1' },
  authorization: {
    authorization: 'Bearer ghp_1',
    accept: 'application/vnd.github.v3+json',
    'x-github-api-version': '2022-11-28',
  },
  self: { line: 'GET /api/v3/user', json: { id: 5, login: 'flux-bot' } },
  list: `GET ${COMMENTS}?direction=asc&per_page=100&sort=created`,
  post: `POST ${COMMENTS}`,
  edit: (id) => `PATCH /api/v3/repos/example/fleet-infra/issues/comments/${id}`,
  comment: (id, body, own = true) => ({ id, body, user: { login: own ? 'flux-bot' : 'ana' } }),
}

describeComments(withToken)

describe('githubpullrequestcomment', () => {
  it('comments as an App, with one token, and knows its comments by the name of its bot', async () => {
    const relay = await startCommenting({ ...withToken, secret: appSecret() })
    const byBot = { id: 9, body: `${MARKER}\n\nold`, user: { login: 'fleet-relay[bot]' } }
    const token = {
      line: `POST /api/v3/app/installations/${INSTALLATION_ID}/access_tokens`,
      status: 201,
      json: { token: 'ghs_installation', expires_at: IN_AN_HOUR },
    }
    const edit = { line: withToken.edit(9), json: byBot }
    relay.expects(
      token,
      { line: 'GET /api/v3/app', json: { id: Number(APP_ID), slug: 'fleet-relay' } },
      { line: withToken.list, json: [withToken.comment(1, MARKER), byBot] },
      edit,
      edit,
    )
    await relay.deliver('one')
    await relay.deliver('two')
    expect(await relay.outcomes()).toEqual({
      one: 'delivered: HTTP 200',
      two: 'delivered: HTTP 200',
    })
    const sent = relay.requests.map(({ headers }) => headers.authorization)
    expect(sent.slice(2)).toEqual(Array(3).fill('Bearer ghs_installation'))
    expect(sent[1]).toMatch(/^Bearer eyJ/)
  })

  it('fetches another token when GitHub revoked the one it has', async () => {
    const relay = await startCommenting({ ...withToken, secret: appSecret() })
    const token = (value: string) => ({
      line: `POST /api/v3/app/installations/${INSTALLATION_ID}/access_tokens`,
      status: 201,
      json: { token: value, expires_at: IN_AN_HOUR },
    })
    const self = { line: 'GET /api/v3/app', json: { slug: 'fleet-relay' } }
    const list = { line: withToken.list, json: [] }
    relay.expects(token('ghs_1'), self, list, {
      line: withToken.post,
      status: 201,
      json: withToken.comment(7, ''),
    })
    await relay.deliver('one')
    relay.expects({ line: withToken.edit(7), status: 401, json: {} })
    relay.expects(token('ghs_2'), { line: withToken.edit(7), json: {} })
    await relay.deliver('two')
    expect(await relay.outcomes()).toMatchObject({ two: 'delivered: HTTP 200' })
    expect(relay.requests.at(-1)?.headers.authorization).toBe('Bearer ghs_2')
  })

  it('shows neither a JWT nor a token that GitHub repeats', async () => {
    const relay = await startCommenting({ ...withToken, secret: appSecret() })
    const echo = { json: { message: 'no ghs_echoed_1234 here' } }
    relay.expects(
      {
        line: `POST /api/v3/app/installations/${INSTALLATION_ID}/access_tokens`,
        status: 201,
        json: { token: 'ghs_echoed_1234', expires_at: IN_AN_HOUR },
      },
      { line: 'GET /api/v3/app', json: { slug: 'fleet-relay' } },
      { line: withToken.list, status: 422, ...echo },
    )
    await relay.deliver('one')
    const stored = JSON.stringify(await relay.harness.records())
    expect(stored).toContain('HTTP 422: no *** here')
    expect(stored).not.toContain('ghs_echoed')
  })

  it('finds its comment in a long list', async () => {
    const relay = await startCommenting(withToken)
    const long = Array.from({ length: 30 }, (_, id) =>
      withToken.comment(id + 1, 'x'.repeat(65_000), false),
    )
    const json = [...long, withToken.comment(99, MARKER)]
    relay.expects(withToken.self, { line: withToken.list, json }, { line: withToken.edit(99) })
    await relay.deliver('one')
    expect(await relay.outcomes()).toEqual({ one: 'delivered: HTTP 200' })
  })

  it('makes a comment when the list is too long to read, and says so', async () => {
    const relay = await startCommenting(withToken)
    const long = Array.from({ length: 80 }, (_, id) => withToken.comment(id, 'x'.repeat(65_000)))
    relay.expects(
      withToken.self,
      { line: withToken.list, json: long },
      { line: withToken.post, status: 201, json: withToken.comment(7, '') },
      { line: withToken.edit(7) },
    )
    await relay.deliver('one')
    await relay.deliver('two')
    expect((await relay.outcomes()).one).toMatch(/^delivered: .*too long to look for/)
  })

  it('waits when GitHub limits it, and keeps the comment', async () => {
    const relay = await startCommenting(withToken)
    const made = { line: withToken.post, status: 201, json: withToken.comment(7, '') }
    relay.expects(withToken.self, { line: withToken.list, json: [] }, made)
    await relay.deliver('one')
    const json = { message: 'You have exceeded a secondary rate limit.' }
    relay.expects({ line: withToken.edit(7), status: 403, json }, { line: withToken.edit(7) })
    await relay.deliver('two')
    expect((await relay.outcomes()).two).toMatch(/^retry: HTTP 403: You have exceeded/)
    expect(await relay.harness.drainNext()).toBe(true)
    expect((await relay.outcomes()).two).toBe('delivered: HTTP 200')
  })
})

describe('githubpullrequestcomment of long events', () => {
  const settings = settingsOf(
    githubPullRequestComment,
    { address: 'https://github.com/o/r' },
    { token: 't' },
  )
  const commentOn = (message: string, metadata: Record<string, string> = {}) => {
    const notification = notificationOf('helmrelease-change-request', { message })
    const { event } = notification
    const whole = { ...event, metadata: { ...event.metadata, ...metadata } }
    return githubPullRequestComment.fit?.({ ...notification, event: whole }, settings)
  }

  it('cuts the message where the comment would exceed 65,536 characters', () => {
    expect(commentOn('m'.repeat(39_000))?.message).toHaveLength(39_000)
    const fitting = commentOn('🚀'.repeat(19_500), { log: 'l'.repeat(60_000) })
    expect(fitting?.message).toMatch(/^(🚀)+…$/u)
    expect(fitting?.metadata.log).toHaveLength(60_000)
  })

  it('has its change request, Provider and object as subject', () => {
    const notification = notificationOf('helmrelease-change-request')
    const subject = githubPullRequestComment.subject?.(notification, settings)
    expect(subject).toEqual({
      key: JSON.stringify(['https://api.github.com/repos/o/r/issues/42/comments', MARKER]),
    })
    expect(githubPullRequestComment.host(settings)).toBe('api.github.com')
  })
})
