import { describe, expect, it } from 'vitest'
import {
  type DeploymentCase,
  describeDeployments,
  ENVIRONMENT,
  ONE,
  startDeploying,
  TWO,
} from '../../support/deployment-scenarios.ts'

const DEPLOYMENTS = '/api/v4/projects/example%2Ffleet-infra/deployments'

const gitlab: DeploymentCase = {
  type: 'gitlabdeployment',
  path: 'example/fleet-infra',
  secret: { token: 'glpat-1' },
  authorization: { 'private-token': 'glpat-1' },
  list: (_, environment = ENVIRONMENT) =>
    `GET ${DEPLOYMENTS}?${new URLSearchParams({
      environment,
      order_by: 'id',
      sort: 'desc',
      per_page: '20',
    })}`,
  listed: (id, sha, ours = true) => ({ id, sha, deployable: ours ? null : { id: 1 } }),
  made: (id) => [{ line: `POST ${DEPLOYMENTS}`, status: 201, json: { id, iid: 1, sha: ONE } }],
  update: (id, status = 200) => ({ line: `PUT ${DEPLOYMENTS}/${id}`, status, json: {} }),
  stateOf: ({ status }) => status,
  states: { 'in-progress': 'running', success: 'success', failure: 'failed', ended: 'canceled' },
  creation: {
    environment: ENVIRONMENT,
    sha: ONE,
    ref: 'main',
    tag: false,
    status: 'running',
  },
}

describeDeployments(gitlab)

describe('gitlabdeployment', () => {
  const list = { line: gitlab.list(ONE), json: [] }

  it.each([
    [`main@sha1:${ONE}`, 'main', false],
    [`v1.2.3@sha1:${ONE}`, 'v1.2.3', true],
    [`6.5.1@sha1:${ONE}`, '6.5.1', true],
    [`refs/heads/1.2.3@sha1:${ONE}`, '1.2.3', false],
    [`refs/tags/stable@sha1:${ONE}`, 'stable', true],
    [`feature/x@sha1:${ONE}`, 'feature/x', false],
    [`sha1:${ONE}`, ONE, false],
    [ONE, ONE, false],
  ])('names the branch or tag of %s', async (revision, ref, tag) => {
    const relay = await startDeploying(gitlab)
    relay.expects(list, ...gitlab.made(7, 'success'))
    await relay.deliver({ metadata: { 'kustomize.toolkit.fluxcd.io/revision': revision } })
    expect(JSON.parse(relay.requests.at(-1)?.body ?? '')).toMatchObject({ sha: ONE, ref, tag })
  })

  it('names the commit itself when its branch is gone', async () => {
    const relay = await startDeploying(gitlab)
    const [post] = gitlab.made(7, 'success')
    const refused = { message: { ref: ['The branch or tag does not exist'] } }
    relay.expects(list, { line: post?.line ?? '', status: 400, json: refused })
    relay.expects(...gitlab.made(7, 'success'))
    await relay.deliver()
    expect((await relay.outcomes())[0]).toBe('delivered: HTTP 201')
    expect(JSON.parse(relay.requests.at(-1)?.body ?? '')).toMatchObject({ ref: ONE, tag: false })
  })

  it('takes none back to running', async () => {
    const relay = await startDeploying(gitlab)
    relay.expects(list, ...gitlab.made(7, 'success'))
    await relay.deliver()
    await relay.deliver({ reason: 'Progressing' })
    expect((await relay.outcomes())[1]).toMatch(/^delivered: .*GitLab takes none back to running$/)
    const same = { message: { status: ['cannot transition via "succeed"'] } }
    relay.expects({ ...gitlab.update(7, 400), json: same })
    await relay.deliver()
    expect((await relay.outcomes())[2]).toBe('delivered: GitLab has this state already')
  })

  it('ends no deployment that was done, whatever began afterwards', async () => {
    const relay = await startDeploying(gitlab)
    relay.expects(list, ...gitlab.made(7, 'success'), list, ...gitlab.made(8, 'success'))
    await relay.deliver()
    await relay.deliver({ reason: 'Progressing' })
    await relay.deliver({ hash: TWO })
    expect(await relay.outcomes()).toEqual(Array(3).fill(expect.stringMatching(/^delivered: /)))
  })

  it('says why GitLab refuses the name of an environment', async () => {
    const relay = await startDeploying(gitlab, { spec: { commitStatusExpr: "'a:b'" } })
    const [post] = gitlab.made(7, 'success')
    relay.expects(
      { line: gitlab.list(ONE, 'a:b'), json: [] },
      {
        line: post?.line ?? '',
        status: 400,
        json: { message: { name: ['can contain only letters'] } },
      },
    )
    await relay.deliver()
    expect((await relay.outcomes())[0]).toMatch(/^dead: HTTP 400: .*can contain only letters/)
  })

  it('takes a commit of SHA-256', async () => {
    const relay = await startDeploying(gitlab)
    const hash = 'a'.repeat(64)
    relay.expects({ line: gitlab.list(hash), json: [] }, ...gitlab.made(7, 'success'))
    await relay.deliver({ metadata: { 'event.toolkit.fluxcd.io/commit': hash } })
    expect(JSON.parse(relay.requests.at(-1)?.body ?? '')).toMatchObject({ sha: hash, ref: hash })
  })
})
