import { describe, expect, it } from 'vitest'
import { startForge } from '../../support/forge-double.ts'
import { testClient } from '../../support/http-client.ts'
import { alert, answer, CLUSTER, createHarness, provider } from '../../support/relay-harness.ts'

const SHA = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const MINUTE = 60_000

const FORGES = [
  ['github', 'o/r'],
  ['gitlab', 'o/r'],
  ['gitea', 'o/r'],
  ['bitbucket', 'o/r'],
  ['bitbucketserver', 'scm/O/r'],
  ['azuredevops', 'o/p/_git/r'],
] as const

const object = (name: string) => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  namespace: 'flux-system',
  name,
})

/** A harness with a Provider of each of these, all of the same event. */
async function setUp(
  forges: readonly (readonly [string, string])[] = FORGES,
  parts: Parameters<typeof createHarness>[1] = {},
  origin = 'https://forge.test',
) {
  const harness = createHarness({}, parts)
  harness.secrets.set(`${CLUSTER}/flux-system/forge`, { token: 'user:secret-1' })
  await harness.configure(
    ...forges.flatMap(([type, path]) => {
      const own = provider(type, {
        type,
        address: `${origin}/${path}`,
        secretRef: { name: 'forge' },
      })
      const { uid: _, ...metadata } = own.metadata
      return [{ ...own, metadata }, alert(type, type)]
    }),
  )
  const ageMs = (minutes: number) => ({
    timestamp: new Date(harness.clock.now() - minutes * MINUTE).toISOString(),
  })
  return {
    harness,
    async deliver(minutes: number, changes: Record<string, unknown> = {}) {
      await harness.send('kustomization-applied', { ...ageMs(minutes), ...changes })
      await harness.drain()
      return harness.records()
    },
  }
}

describe('the status of a commit that the forge does not know', () => {
  it.each([404, 422])('is tried again while its event is young: %i', async (status) => {
    const { harness, deliver } = await setUp()
    harness.answerWith(() => answer(status))
    const young = await deliver(9)
    expect(young.map(({ outcome }) => outcome)).toEqual(FORGES.map(() => 'retry'))
    const startedAt = harness.clock.now()
    while (await harness.drainNext());
    for (const { outcome, reason, updatedAt } of await harness.records()) {
      expect(outcome).toBe('dead')
      expect(reason).toContain(`HTTP ${status}`)
      expect(updatedAt - startedAt).toBeLessThan(5 * MINUTE)
    }
  })

  it('is set once a mirror has fetched it', async () => {
    const { harness, deliver } = await setUp()
    harness.answerWith(() => answer(404))
    await deliver(0)
    harness.answerWith(() => answer(201, {}, '{}'))
    while (await harness.drainNext());
    const records = await harness.records()
    expect(records.map(({ outcome }) => outcome)).toEqual(FORGES.map(() => 'delivered'))
  })

  it.each([404, 422])('is dead at once of an event that is not young: %i', async (status) => {
    const { harness, deliver } = await setUp()
    harness.answerWith(() => answer(status))
    const old = await deliver(10)
    expect(old.map(({ outcome }) => outcome)).toEqual(FORGES.map(() => 'dead'))
  })

  it('is dead after ten minutes of our own clock, when that of the event is ahead', async () => {
    const { harness, deliver } = await setUp([['github', 'o/r']])
    harness.answerWith(() => answer(422))
    await deliver(-120)
    const startedAt = harness.clock.now()
    while (await harness.drainNext());
    const [record] = await harness.records()
    expect(record).toMatchObject({ outcome: 'dead', failures: 4 })
    expect((record?.updatedAt ?? 0) - startedAt).toBeLessThan(20 * MINUTE)
  })

  it('is known as before of types that set no status', async () => {
    const { harness, deliver } = await setUp([['githubdispatch', 'o/r']])
    harness.answerWith(() => answer(404))
    const unmarked = { metadata: { 'kustomize.toolkit.fluxcd.io/revision': `main@sha1:${SHA}` } }
    expect((await deliver(0, unmarked)).map(({ outcome }) => outcome)).toEqual(['dead'])
  })

  it('parks nobody', async () => {
    const { harness, deliver } = await setUp([['gitlab', 'o/r']])
    harness.answerWith(() => answer(404))
    for (const name of ['a', 'b', 'c', 'd']) {
      await deliver(0, { involvedObject: object(name) })
    }
    expect(harness.requests).toHaveLength(4)
  })
})

describe('a commit that Gitea does not have', () => {
  const STATUS = `/api/v1/repos/o/r/statuses/${SHA}`
  const failed = { line: `POST ${STATUS}`, status: 500, json: { message: '' } }
  const asked = { line: `GET /api/v1/repos/o/r/git/commits/${SHA}` }

  async function setUpGitea() {
    const forge = await startForge()
    const relay = await setUp([['gitea', 'o/r']], { http: testClient() }, forge.url)
    return { ...forge, ...relay }
  }

  it('is found out after its server error, and ends that delivery', async () => {
    const { expects, requests, deliver } = await setUpGitea()
    expects(failed, { ...asked, status: 404, json: { message: 'not found' } })
    const [record] = await deliver(11)
    expect(record).toMatchObject({
      outcome: 'dead',
      reason: `HTTP 500: the repository has no commit ${SHA}`,
      attempts: [{ status: 500 }],
    })
    expect(requests[1]?.headers.authorization).toBe('token user:secret-1')
  })

  it('may come while the event is young', async () => {
    const { expects, harness, deliver } = await setUpGitea()
    expects(failed, { ...asked, status: 404 }, { line: `POST ${STATUS}`, status: 201, json: {} })
    expect(await deliver(1)).toMatchObject([{ outcome: 'retry' }])
    await harness.drainNext()
    expect(await harness.records()).toMatchObject([{ outcome: 'delivered' }])
  })

  it.each([
    ['is there', { ...asked, status: 200, json: {} }],
    ['cannot be asked for', { ...asked, status: 500 }],
    ['may not be asked for', { ...asked, status: 403 }],
    ['gets no answer', { ...asked, lost: true }],
  ])('%s: the server error is what it says', async (_, answered) => {
    const { expects, deliver } = await setUpGitea()
    expects(failed, answered)
    expect(await deliver(11)).toMatchObject([{ outcome: 'retry', reason: 'HTTP 500' }])
  })

  it.each([
    [201, 'delivered'],
    [401, 'dead'],
    [404, 'dead'],
    [502, 'retry'],
  ])('is not asked for after a %i', async (status, outcome) => {
    const { expects, deliver } = await setUpGitea()
    const answered = { ...failed, status }
    expects(...(status === 401 ? [answered, answered] : [answered]))
    expect(await deliver(11)).toMatchObject([{ outcome }])
  })

  it('parks nobody: the statuses of other commits go out', async () => {
    const { harness, deliver } = await setUp([['gitea', 'o/r']])
    harness.answerWith(({ method, url }) => {
      if (!url.includes(SHA)) return answer(201, {}, '{}')
      return answer(method === 'POST' ? 500 : 404)
    })
    for (const name of ['a', 'b', 'c']) await deliver(1, { involvedObject: object(name) })
    await deliver(1, {
      involvedObject: object('good'),
      metadata: {
        'kustomize.toolkit.fluxcd.io/revision': `main@sha1:${'a'.repeat(40)}`,
        'kustomize.toolkit.fluxcd.io/commit_status': 'update',
      },
    })
    const good = (await harness.records()).find(({ event }) => event.involvedObject.name === 'good')
    expect(good).toMatchObject({ outcome: 'delivered', attempts: [{ attempt: 1 }] })
  })
})
