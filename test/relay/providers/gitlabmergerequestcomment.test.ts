import { describe, expect, it } from 'vitest'
import { gitlabMergeRequestComment } from '../../../relay/providers/gitlabmergerequestcomment.ts'
import { describeComments } from '../../support/comment-scenarios.ts'
import { notificationOf, response, settingsOf } from '../../support/notifications.ts'
import { createFakeTryPorts } from '../../support/try-ports.ts'

const NOTES = '/api/v4/projects/group%2Fsub%2Efleet%2Finfra/merge_requests/42/notes'

describeComments({
  type: 'gitlabmergerequestcomment',
  marker: 'flux-mr-comment-key',
  path: 'group/sub.fleet/infra',
  secret: { username: 'flux-bot', password: 'glpat-1234' },
  authorization: { 'private-token': 'glpat-1234' },
  self: { line: 'GET /api/v4/user', json: { id: 5, username: 'flux-bot' } },
  list: `GET ${NOTES}?order_by=created_at&per_page=100&sort=asc`,
  post: `POST ${NOTES}`,
  edit: (id) => `PUT ${NOTES}/${id}`,
  comment: (id, body, own = true) => ({
    id,
    body,
    author: { username: own ? 'flux-bot' : 'ana' },
    system: false,
  }),
})

describe('gitlabmergerequestcomment', () => {
  const settings = settingsOf(
    gitlabMergeRequestComment,
    { address: 'https://gitlab.test/42' },
    { token: 't' },
  )

  it('takes the number of a project, and a message that no event exceeds', () => {
    expect(settings.projectUrl).toBe('https://gitlab.test/api/v4/projects/42')
    const changes = { message: 'm'.repeat(39_000) }
    const notification = notificationOf('helmrelease-change-request', changes)
    const { event } = notification
    expect(gitlabMergeRequestComment.fit?.(notification, settings)).toBe(event)
    const long = { ...notification, event: { ...event, message: 'm'.repeat(1_000_000) } }
    expect(gitlabMergeRequestComment.fit?.(long, settings).message).toMatch(/^m{999000,}…$/)
  })

  it('lets no line of a message be a quick action', async () => {
    const tryPorts = createFakeTryPorts({
      answers: [response(200, '{"username":"us"}'), response(200, '[]'), response(201, '{}')],
    })
    const message = 'failed:\n/close\n  /MERGE now\npath /etc/hosts\n/1'
    const notification = notificationOf('helmrelease-change-request', { message })
    await gitlabMergeRequestComment.deliver(notification, settings, tryPorts)
    const { body } = JSON.parse(String(tryPorts.requests.at(-1)?.body)) as { body: string }
    expect(body).toContain(`\n\n\`\`\`text\n${message}\n\`\`\`\n\n`)
  })

  it.each([
    ['no address', {}, { token: 't' }, /^address: set spec\.address/],
    ['a group', { address: 'https://gitlab.test/g' }, { token: 't' }, /^address: .*group\/proj/],
    ['no Secret', { address: 'https://gitlab.test/g/p' }, {}, /^token: .*needs the key token/],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(gitlabMergeRequestComment, spec, secret)).toThrow(message)
  })
})
