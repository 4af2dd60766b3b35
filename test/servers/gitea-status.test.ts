import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { GiteaApi } from './gitea-api.ts'
import { aboutCommit, relayTo } from './gitea-relay.ts'
import { type GiteaServer, startGitea } from './gitea-server.ts'

/** Commits that no repository has. */
const ABSENT = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(40))

describe.skipIf(inject('gitea') === '')('the status of a commit on a real Gitea', () => {
  let gitea: GiteaServer
  let dev: GiteaApi
  beforeAll(async () => {
    gitea = await startGitea()
    dev = await gitea.api.as('dev')
  }, 120_000)
  afterAll(() => gitea?.stop())

  /** A relay with a repository of one commit, and a token that can do no more than it has to. */
  async function setUp(owner?: string) {
    const { url } = gitea
    const repository = await dev.repository({ owner })
    const sha = await dev.commit(repository)
    const spec = { type: 'gitea', address: `${url}/${repository}.git` }
    const relay = await relayTo(spec, await dev.token('write:repository'))
    return { ...relay, url, spec, repository, sha, statuses: () => dev.statuses(repository, sha) }
  }

  it('is shown as it is sent', async () => {
    const { sha, statuses, deliver } = await setUp()
    const metadata = aboutCommit(sha)
    const records = await deliver(
      { name: 'podinfo', metadata },
      { name: 'web', metadata, severity: 'error', reason: 'HealthCheckFailed' },
      { name: 'db', metadata, reason: 'Progressing' },
    )
    for (const record of records) {
      expect(record).toMatchObject({ outcome: 'delivered', reason: 'HTTP 201', notes: [] })
    }
    const shown = (name: string, status: string, description: string) =>
      expect.objectContaining({
        context: `kustomization/${name}/0c9c2e41`,
        status,
        description,
        target_url: '',
      })
    expect(await statuses()).toEqual([
      shown('podinfo', 'success', 'reconciliation succeeded'),
      shown('web', 'failure', 'health check failed'),
      shown('db', 'pending', 'progressing'),
    ])
  })

  it('ends alone where the repository lacks the commit', async () => {
    const { sha, statuses, deliver } = await setUp()
    const records = await deliver(
      ...ABSENT.map((absent) => ({ metadata: aboutCommit(absent), ageMinutes: 11 })),
      { metadata: aboutCommit(sha) },
    )
    const ends = records.map(({ outcome, reason, attempts }) => [
      `${outcome}: ${reason}`,
      attempts.length,
    ])
    expect(ends.sort()).toEqual([
      ...ABSENT.map((absent) => [`dead: HTTP 500: the repository has no commit ${absent}`, 1]),
      ['delivered: HTTP 201', 1],
    ])
    expect(await statuses()).toHaveLength(1)
  })

  it('ends with what an administrator is told', async () => {
    const { spec } = await setUp()
    const { deliver } = await relayTo(spec, await gitea.api.token('write:repository'))
    const [absent = ''] = ABSENT
    expect(await deliver({ metadata: aboutCommit(absent), ageMinutes: 11 })).toMatchObject([
      {
        outcome: 'dead',
        reason: `HTTP 500: GetCommit[${absent}]: object does not exist [id: ${absent}, rel_path: ]: the repository has no commit ${absent}`,
      },
    ])
  })

  it('is tried again while its event is young, beside those of other commits', async () => {
    const { sha, statuses, harness, deliver } = await setUp()
    const [absent = ''] = ABSENT
    const reason = `HTTP 500: the repository has no commit ${absent}`
    const young = { metadata: aboutCommit(absent), ageMinutes: 1 }
    expect(await deliver(young)).toMatchObject([{ outcome: 'retry', reason }])
    await deliver({ metadata: aboutCommit(sha) })
    expect(await statuses()).toHaveLength(1)
    while (await harness.drainNext());
    const records = await harness.records()
    expect(records.map((record) => record.outcome).sort()).toEqual(['dead', 'delivered'])
    expect(records.map((record) => record.reason).sort()).toEqual(['HTTP 201', reason])
  })

  it('ends in a repository without commits', async () => {
    const address = `${gitea.url}/${await dev.repository()}`
    const { deliver } = await relayTo(
      { type: 'gitea', address },
      await dev.token('write:repository'),
    )
    const [absent = ''] = ABSENT
    expect(await deliver({ metadata: aboutCommit(absent), ageMinutes: 11 })).toMatchObject([
      { outcome: 'dead', reason: expect.stringContaining(`has no commit ${absent}`) },
    ])
  })

  it('finds a renamed repository', async () => {
    const { url, repository, sha, deliver } = await setUp()
    const renamed = `${repository}-2`
    await dev.call('PATCH', `repos/${repository}`, { name: renamed.split('/')[1] })
    expect(await deliver({ metadata: aboutCommit(sha) })).toMatchObject([
      {
        outcome: 'delivered',
        notes: [
          `the repository moved to ${url}/api/v1/repos/${renamed}/statuses/${sha}: update the address of the Provider`,
        ],
      },
    ])
    expect(await dev.statuses(renamed, sha)).toHaveLength(1)
    const [absent = ''] = ABSENT
    const records = await deliver({ metadata: aboutCommit(absent), ageMinutes: 11 })
    expect(records).toContainEqual(
      expect.objectContaining({
        outcome: 'dead',
        reason: `HTTP 500: the repository has no commit ${absent}`,
      }),
    )
  })

  it('finds the repository of a renamed organisation', async () => {
    await dev.call('POST', 'orgs', { username: 'before' })
    const { url, repository, sha, deliver } = await setUp('before')
    expect(await deliver({ metadata: aboutCommit(sha) })).toMatchObject([
      { outcome: 'delivered', notes: [] },
    ])
    await dev.call('POST', 'orgs/before/rename', { new_name: 'after' })
    const renamed = repository.replace('before/', 'after/')
    const records = await deliver({ metadata: aboutCommit(sha) })
    const place = `${url}/api/v1/repos/${renamed}/statuses/${sha}`
    expect(records.flatMap(({ notes }) => notes)).toEqual([
      `the repository moved to ${place}: update the address of the Provider`,
    ])
    expect(await dev.statuses(renamed, sha)).toHaveLength(2)
  })

  it('is set however long its texts are', async () => {
    const { sha, statuses, deliver } = await setUp()
    const metadata = {
      ...aboutCommit(sha),
      ...Object.fromEntries(
        Array.from({ length: 100 }, (_, n) => [
          `kustomize.toolkit.fluxcd.io/k${n}`,
          'v'.repeat(99),
        ]),
      ),
    }
    const long = { message: 'm'.repeat(39_000), reason: 'R'.repeat(1_000), name: 'n'.repeat(253) }
    expect(await deliver({ metadata, ...long })).toMatchObject([{ outcome: 'delivered' }])
    const [status] = await statuses()
    expect(status?.description).toBe(`${'r'.repeat(254)}…`)
    expect(status?.context).toHaveLength(255)
  })

  const REFUSED = 'the credential was not accepted'
  it.each([
    ['is wrong', async () => 'wrong', `HTTP 401: invalid username, password or token: ${REFUSED}`],
    [
      'may only read',
      () => dev.token('read:repository'),
      `HTTP 403: token does not have at least one of required scope(s), required=[write:repository], token scope=read:repository: ${REFUSED}`,
    ],
    [
      'is of somebody who may only read',
      async () => (await gitea.api.as('bob')).token('write:repository'),
      `HTTP 403: user should have a permission to write to a repo: ${REFUSED}`,
    ],
  ])('ends with the words of Gitea where the token %s', async (_, token, reason) => {
    const { spec, sha, statuses } = await setUp()
    const { deliver } = await relayTo(spec, await token())
    expect(await deliver({ metadata: aboutCommit(sha) })).toMatchObject([
      { outcome: 'dead', reason },
    ])
    expect(await statuses()).toEqual([])
  })

  it('ends where the token cannot see the repository', async () => {
    const repository = await dev.repository({ private: true })
    const token = await (await gitea.api.as('eve')).token('write:repository')
    const spec = { type: 'gitea', address: `${gitea.url}/${repository}` }
    const { deliver } = await relayTo(spec, token)
    const metadata = aboutCommit(await dev.commit(repository))
    expect(await deliver({ metadata, ageMinutes: 11 })).toMatchObject([
      {
        outcome: 'dead',
        reason:
          'HTTP 404: not found: the repository or the commit is not found, or the token lacks the right to set commit statuses',
      },
    ])
  })
})

describe.skipIf(inject('gitea') === '')('a real Gitea under a folder', () => {
  it('is found by the annotation', async () => {
    const { url, api, stop } = await startGitea('/git')
    try {
      const repository = await api.repository()
      const sha = await api.commit(repository)
      const spec = {
        type: 'gitea',
        address: `${url}/${repository}.git`,
        annotations: { 'flux-relay.io/api-url': `${url}/api/v1` },
      }
      const { deliver } = await relayTo(spec, await api.token('write:repository'))
      const name = `${repository}-2`.split('/')[1]
      await api.call('PATCH', `repos/${repository}`, { name })
      expect(await deliver({ metadata: aboutCommit(sha) })).toMatchObject([
        { outcome: 'delivered', notes: [expect.stringContaining(`${url}/api/v1/repos/`)] },
      ])
      expect(await api.statuses(`ana/${name}`, sha)).toHaveLength(1)
    } finally {
      await stop()
    }
  })
})
