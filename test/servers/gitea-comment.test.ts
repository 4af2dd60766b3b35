import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { waitFor } from '../support/wait-for.ts'
import type { GiteaApi } from './gitea-api.ts'
import { relayTo } from './gitea-relay.ts'
import { type GiteaServer, startGitea } from './gitea-server.ts'

interface Comment {
  readonly id: number
  readonly body: string
  readonly user: { readonly login: string }
}

/** The number of the change request, as Flux hands it on. */
const aboutChange = (number: number) => ({
  'event.toolkit.fluxcd.io/change_request': String(number),
})

describe.skipIf(inject('gitea') === '')('the comment on a pull request of a real Gitea', () => {
  let gitea: GiteaServer
  let bot: GiteaApi
  beforeAll(async () => {
    gitea = await startGitea()
    bot = await gitea.api.as('flux-bot')
  }, 120_000)
  afterAll(() => gitea?.stop())

  /** A relay with the pull request of a repository, as a user who can see it and no more. */
  async function setUp() {
    const { api, url } = gitea
    const repository = await api.repository()
    await api.commit(repository)
    await api.commit(repository, { new_branch: 'change' })
    const body = { title: 'A change', head: 'change', base: 'main' }
    const pull = await api.call<{ number: number }>('POST', `repos/${repository}/pulls`, body)
    const comments = `repos/${repository}/issues/${pull.number}/comments`
    const spec = { type: 'giteapullrequestcomment', address: `${url}/${repository}.git` }
    const relay = await relayTo(spec, await bot.token('write:issue', 'read:user'))
    const metadata = aboutChange(pull.number)
    return {
      ...relay,
      api,
      repository,
      spec,
      metadata,
      comments: () => api.call<readonly Comment[]>('GET', comments),
      comment: (text: string) => api.call<Comment>('POST', comments, { body: text }),
      /** Tells of one object, and returns what became of it. */
      async tell(message: string, changes: Readonly<Record<string, unknown>> = {}) {
        const records = await relay.deliver({ name: 'web', metadata, message, ...changes })
        return records.find(({ event }) => event.message === message)
      },
    }
  }

  it('is made once, and edited from then on', async () => {
    const { tell, comments, comment } = await setUp()
    await comment('LGTM')
    expect(await tell('one')).toMatchObject({ outcome: 'delivered', reason: 'HTTP 201' })
    const [, made] = await comments()
    expect(made?.user.login).toBe('flux-bot')
    expect(made?.body).toContain('\n\none\n\n')
    expect(await tell('two')).toMatchObject({ outcome: 'delivered', reason: 'HTTP 200' })
    const [, edited, ...more] = await comments()
    expect(edited).toMatchObject({ id: made?.id, body: made?.body.replace('one', 'two') })
    expect(more).toEqual([])
  })

  it('is edited by a relay that remembers nothing', async () => {
    const { tell, comments, spec, metadata } = await setUp()
    await tell('one')
    const other = await relayTo(spec, await bot.token('write:issue', 'read:user'))
    expect(await other.deliver({ name: 'web', metadata, message: 'two' })).toMatchObject([
      { outcome: 'delivered', reason: 'HTTP 200' },
    ])
    expect(await comments()).toMatchObject([{ body: expect.stringContaining('two') }])
  })

  it('is made anew where somebody deleted it', async () => {
    const { tell, comments, api, repository } = await setUp()
    await tell('one')
    const [made] = await comments()
    await api.call('DELETE', `repos/${repository}/issues/comments/${made?.id}`)
    expect(await tell('two')).toMatchObject({ outcome: 'delivered', reason: 'HTTP 201' })
    expect(await comments()).toHaveLength(1)
  })

  it('is made anew by another user, who may not edit it', async () => {
    const { tell, comments, harness } = await setUp()
    await tell('one')
    const eve = await gitea.api.as('eve')
    const token = await eve.token('write:issue', 'read:user')
    harness.secrets.set('local/flux-system/gitea', { token })
    expect(await tell('two')).toMatchObject({ outcome: 'delivered', reason: 'HTTP 201' })
    const shown = (await comments()).map(({ user }) => user.login)
    expect(shown).toEqual(['flux-bot', 'eve'])
  })

  it('finds a renamed repository', async () => {
    const { tell, api, repository } = await setUp()
    await tell('one')
    const renamed = `${repository}-2`
    await api.call('PATCH', `repos/${repository}`, { name: renamed.split('/')[1] })
    expect(await tell('two')).toMatchObject({
      outcome: 'delivered',
      notes: [expect.stringContaining(`/api/v1/repos/${renamed}/issues/comments/`)],
    })
  })

  it('shows texts as they are, and pages nobody', async () => {
    const { tell, api, repository, comments, comment } = await setUp()
    const bob = await api.as('bob')
    const body = { title: 'Another' }
    const issue = await api.call<{ number: number }>('POST', `repos/${repository}/issues`, body)
    const message = `by @bob, fixes #${issue.number}: <b>bold</b> <!-- hidden --> \`\`\` [a](https://a.test)`
    expect(await tell(message)).toMatchObject({ outcome: 'delivered' })
    const [made] = await comments()
    const html = await api.markup(repository, made?.body ?? '')
    expect(html).toContain('&lt;b&gt;bold&lt;/b&gt; &lt;!-- hidden --&gt;')
    expect(html).not.toMatch(/<a |<b>/)

    // What would have paged him, and linked the issue, arrives after it, and alone.
    const plain = `by @bob, fixes #${issue.number}`
    expect(await api.markup(repository, plain)).toMatch(/<a .*<a /s)
    await comment(plain)
    await waitFor(async () => {
      expect(await bob.call('GET', 'notifications')).toHaveLength(1)
    })
    const path = `repos/${repository}/issues/${issue.number}/timeline`
    expect(await api.call('GET', path)).toMatchObject([
      { type: 'comment_ref', user: { login: 'ana' } },
    ])
  })

  it('has all of a long text', async () => {
    const { tell, comments } = await setUp()
    const message = 'm'.repeat(39_000)
    expect(await tell(message)).toMatchObject({ outcome: 'delivered', notes: [] })
    const [made] = await comments()
    expect(made?.body).toContain(message)
  })

  const REFUSED = 'the credential was not accepted'
  it.each([
    ['is wrong', async () => 'wrong', `HTTP 401: invalid username, password or token: ${REFUSED}`],
    [
      'may not comment',
      () => bot.token('read:issue', 'read:user'),
      `HTTP 403: token does not have at least one of required scope(s), required=[write:issue], token scope=read:issue,read:user: ${REFUSED}`,
    ],
    [
      'may not ask who it is of',
      () => bot.token('write:issue'),
      `HTTP 403: token does not have at least one of required scope(s), required=[read:user], token scope=write:issue: ${REFUSED}`,
    ],
  ])('ends with the words of Gitea where the token %s', async (_, token, reason) => {
    const { spec, metadata, comments } = await setUp()
    const { deliver } = await relayTo(spec, await token())
    expect(await deliver({ metadata })).toMatchObject([{ outcome: 'dead', reason }])
    expect(await comments()).toEqual([])
  })

  it('ends where there is no such pull request', async () => {
    const { deliver } = await setUp()
    const reason = 'HTTP 500: the repository has no pull request 999'
    expect(await deliver({ metadata: aboutChange(999) })).toMatchObject([
      { outcome: 'dead', reason },
    ])
  })

  it('ends in a repository that is archived', async () => {
    const { deliver, api, repository, metadata } = await setUp()
    await api.call('PATCH', `repos/${repository}`, { archived: true })
    const reason = `HTTP 423: ${repository} is archived`
    expect(await deliver({ metadata })).toMatchObject([{ outcome: 'dead', reason }])
  })
})
