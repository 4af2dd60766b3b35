import { describe, expect, it } from 'vitest'
import { startForge } from '../../support/forge-double.ts'
import { testClient } from '../../support/http-client.ts'
import { alert, CLUSTER, createHarness, provider } from '../../support/relay-harness.ts'
import { startHttpServer } from '../../support/servers.ts'

const SHA = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const STATUS = '{"state":"success"}'

/** A Provider of a forge on 127.0.0.1, with the real HTTP client. */
async function setUp(type = 'gitea', path = 'old/name', spec: Record<string, unknown> = {}) {
  const forge = await startForge()
  const harness = createHarness({}, { http: testClient() })
  harness.secrets.set(`${CLUSTER}/flux-system/forge`, { token: 'user:secret-1' })
  await harness.configure(
    provider('forge', {
      type,
      address: `${forge.url}/${path}`,
      secretRef: { name: 'forge' },
      ...spec,
    }),
    alert('all', 'forge'),
  )
  return {
    ...forge,
    harness,
    async deliver() {
      // The marker of kustomization-applied keeps it from all but the types of commit statuses.
      const isDispatch = type === 'githubdispatch'
      await harness.send(isDispatch ? 'kustomization-finished' : 'kustomization-applied')
      await harness.drain()
      const [record] = await harness.records()
      if (!record) throw new Error('no record')
      return record
    },
  }
}

const OLD = `/api/v1/repos/old/name/statuses/${SHA}`
const NEW = `/api/v1/repos/new/name/statuses/${SHA}`
const moved = (status: number, location: string, path = OLD) => ({
  line: `POST ${path}`,
  status,
  headers: { location },
})

describe('a renamed repository', () => {
  it.each([301, 307, 308])('is found by a %i, method, body and credential kept', async (status) => {
    const { expects, requests, deliver } = await setUp()
    expects(moved(status, NEW), { line: `POST ${NEW}`, status: 201, json: {} })
    const record = await deliver()
    expect(record).toMatchObject({ outcome: 'delivered', reason: 'HTTP 201' })
    const [first, second] = requests
    expect(second?.body).toBe(first?.body)
    expect(second?.headers.authorization).toBe('token user:secret-1')
    expect(second?.headers['content-type']).toBe('application/json')
  })

  it('is noted in the ledger, without query, fragment and user info, and asked for anew', async () => {
    const { url, expects, deliver, harness } = await setUp()
    const place = `${url.replace('//', '//user:hunter2@')}${NEW}?key=hunter3#x`
    const exchanges = () => [
      moved(301, place),
      { line: `POST ${NEW}?key=hunter3`, status: 201, json: {} },
    ]
    expects(...exchanges())
    const record = await deliver()
    expect(record.notes).toEqual([
      `the repository moved to ${url}${NEW}: update the address of the Provider`,
    ])
    expect(JSON.stringify(record)).not.toMatch(/hunter/)
    expects(...exchanges())
    await harness.send('kustomization-health-check-failed')
    await harness.drain()
  })

  it.each([
    ['a path beside it', '../../name2/statuses/'],
    ['a whole path', '/api/v1/repos/old/name2/statuses/'],
  ])('is found by %s', async (_, start) => {
    const { expects, deliver } = await setUp()
    const path = `/api/v1/repos/old/name2/statuses/${SHA}`
    expects(moved(307, `${start}${SHA}`), { line: `POST ${path}`, status: 201, json: {} })
    expect((await deliver()).outcome).toBe('delivered')
  })

  it('is followed three times, and no more', async () => {
    const at = (n: number) => `/api/v1/repos/old/name${n}/statuses/${SHA}`
    const { url, expects, deliver } = await setUp()
    expects(
      moved(301, at(1)),
      moved(307, at(2), at(1)),
      moved(308, at(3), at(2)),
      moved(301, at(4), at(3)),
    )
    const record = await deliver()
    expect(record).toMatchObject({
      outcome: 'dead',
      reason: `HTTP 301: the destination redirects to ${at(4)}, which is not followed`,
    })
    expect(record.notes).toHaveLength(3)
    expect(record.notes[2]).toContain(`${url}${at(3)}`)
  })

  it.each([302, 303])('is not looked for by a %i', async (status) => {
    const { expects, deliver } = await setUp()
    expects(moved(status, '/user/login?redirect_to=%2Fold'))
    expect(await deliver()).toMatchObject({
      outcome: 'dead',
      reason: `HTTP ${status}: the destination redirects to /user/login, which is not followed`,
    })
  })

  it('gets nothing at another origin, which is named', async () => {
    const others: string[] = []
    const other = await startHttpServer((request, response) => {
      others.push(request.url ?? '')
      response.end(STATUS)
    })
    const { expects, deliver } = await setUp()
    const place = `http://127.0.0.1:${other.port}${NEW}`
    expects(moved(308, `http://user:hunter2@127.0.0.1:${other.port}${NEW}?key=hunter3`))
    const record = await deliver()
    expect(record).toMatchObject({
      outcome: 'dead',
      reason: `HTTP 308: the destination redirects to ${place}, which is not followed`,
      notes: [],
    })
    expect(JSON.stringify(record)).not.toMatch(/hunter/)
    expect(others).toEqual([])
  })

  it.each([
    ['https', (url: string) => url.replace('http:', 'https:')],
    ['another name', (url: string) => url.replace('127.0.0.1', 'localhost')],
    ['a scheme of its own', () => 'ftp://127.0.0.1'],
    ['no URL', () => 'http://['],
    ['no place', () => ''],
  ])('is not followed to %s', async (_, origin) => {
    const { url, expects, deliver } = await setUp()
    const start = origin(url)
    expects(start === '' ? { line: `POST ${OLD}`, status: 301 } : moved(301, `${start}${NEW}`))
    expect(await deliver()).toMatchObject({
      outcome: 'dead',
      reason: expect.stringMatching(/^HTTP 301: the dest/),
    })
  })

  it('is not where a page answers', async () => {
    const { expects, deliver } = await setUp()
    const page = { line: 'POST /user/login', headers: { 'content-type': 'text/html' } }
    expects(moved(307, '/user/login'), page)
    expect(await deliver()).toMatchObject({
      outcome: 'dead',
      reason: 'HTTP 307: the destination redirects to /user/login, which is not followed',
    })
  })

  it('gets what is left of the Provider’s timeout', async () => {
    let asked = 0
    const slow = await startHttpServer((_, response) => {
      asked += 1
      if (asked === 1) response.writeHead(307, { location: NEW }).end()
    })
    const address = `http://127.0.0.1:${slow.port}/old/name`
    const { deliver } = await setUp('gitea', 'old/name', { address, timeout: '2s' })
    const record = await deliver()
    expect(record).toMatchObject({
      outcome: 'retry',
      reason: expect.stringMatching(/^timeout: no answer/),
    })
    expect(asked).toBe(2)
  })

  it.each([
    ['github', 'o/r', `POST /api/v3/repos/o/r/statuses/${SHA}`],
    ['githubdispatch', 'o/r', 'POST /api/v3/repos/o/r/dispatches'],
    ['gitlab', 'o/r', `POST /api/v4/projects/o%2Fr/statuses/${SHA}`],
    ['bitbucket', 'o/r', `POST /2.0/repositories/o/r/commit/${SHA}/statuses/build`],
    [
      'bitbucketserver',
      'scm/O/r',
      `POST /rest/api/latest/projects/O/repos/r/commits/${SHA}/builds`,
    ],
    ['azuredevops', 'o/p/_git/r', `POST /o/p/_apis/git/repositories/r/commits/${SHA}/statuses`],
  ])('is found by %s', async (type, path, line) => {
    const { expects, deliver } = await setUp(type, path)
    const to = '/moved/here'
    expects(
      { line, status: 308, headers: { location: to } },
      { line: `POST ${to}`, status: 201, json: { id: 1 } },
    )
    expect(await deliver()).toMatchObject({
      outcome: 'delivered',
      notes: [expect.stringContaining('/moved/here')],
    })
  })

  it('is looked for by no type but those of forges', async () => {
    const { expects, deliver } = await setUp('generic', 'hook')
    expects({ line: 'POST /hook', status: 307, headers: { location: '/moved' } })
    expect(await deliver()).toMatchObject({
      outcome: 'dead',
      reason: expect.stringMatching(/^HTTP 307/),
    })
  })
})
