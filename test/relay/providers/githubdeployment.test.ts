import { describe, expect, it } from 'vitest'
import {
  type DeploymentCase,
  describeDeployments,
  ENVIRONMENT,
  ONE,
  startDeploying,
  TWO,
} from '../../support/deployment-scenarios.ts'
import { appSecret, INSTALLATION_ID } from '../../support/github-app.ts'

const DEPLOYMENTS = '/api/v3/repos/example/fleet-infra/deployments'

const withToken: DeploymentCase = {
  type: 'githubdeployment',
  path: 'example/fleet-infra',
  secret: { token: 'ghp_1' },
  authorization: {
    authorization: 'Bearer ghp_1',
    accept: 'application/vnd.github.v3+json',
    'x-github-api-version': '2022-11-28',
  },
  list: (sha, environment = ENVIRONMENT) =>
    `GET ${DEPLOYMENTS}?${new URLSearchParams({ sha, environment, per_page: '30' })}`,
  listed: (id, sha, ours = true) => ({
    id,
    sha,
    environment: ENVIRONMENT,
    payload: ours ? { creator: 'flux-relay' } : '',
  }),
  made: (id) => [
    { line: `POST ${DEPLOYMENTS}`, status: 201, json: { id, sha: ONE } },
    { line: `POST ${DEPLOYMENTS}/${id}/statuses`, status: 201, json: { id: 1 } },
  ],
  update: (id, status = 201) => ({
    line: `POST ${DEPLOYMENTS}/${id}/statuses`,
    status,
    json: {},
  }),
  stateOf: ({ state }) => state,
  states: {
    'in-progress': 'in_progress',
    success: 'success',
    failure: 'failure',
    ended: 'inactive',
  },
  creation: {
    ref: ONE,
    environment: ENVIRONMENT,
    description: 'Kustomization/flux-system/apps',
    payload: { creator: 'flux-relay' },
    auto_merge: false,
    required_contexts: [],
  },
}

describeDeployments(withToken)

describe('githubdeployment', () => {
  it('describes a state by its reason, and lets GitHub retire what was there before', async () => {
    const relay = await startDeploying(withToken)
    relay.expects({ line: withToken.list(ONE), json: [] }, ...withToken.made(7, 'failure'))
    await relay.deliver({ severity: 'error', reason: 'H'.repeat(2_000) })
    expect(JSON.parse(relay.requests.at(-1)?.body ?? '')).toEqual({
      state: 'failure',
      description: `${'h'.repeat(139)}…`,
      auto_inactive: true,
    })
    const [record] = await relay.harness.records()
    expect(record?.notes).toEqual([expect.stringContaining('shortened to what githubdeployment')])
  })

  it('says what its rules say, and leads where they lead', async () => {
    const relay = await startDeploying(withToken, {
      annotations: {
        'flux-relay.io/text': '$(event.involvedObject.name)\nin $(cluster)',
        'flux-relay.io/link': 'https://grafana.example/d/$(event.involvedObject.name)',
      },
    })
    relay.expects({ line: withToken.list(ONE), json: [] }, ...withToken.made(7, 'success'))
    await relay.deliver()
    expect(JSON.parse(relay.requests.at(-1)?.body ?? '')).toEqual({
      state: 'success',
      description: 'apps in local',
      log_url: 'https://grafana.example/d/apps',
      auto_inactive: true,
    })
  })

  it('shows its state without emoji where GitHub refuses them', async () => {
    const relay = await startDeploying(withToken, {
      annotations: { 'flux-relay.io/text': '🚀 $(event.involvedObject.name) ✓' },
    })
    const [post] = withToken.made(7, 'success')
    const error = { field: 'description', message: "description doesn't accept 4-byte Unicode" }
    relay.expects(
      { line: withToken.list(ONE), json: [] },
      { line: '', ...post },
      { ...withToken.update(7, 422), json: { message: 'Validation Failed', errors: [error] } },
      withToken.update(7),
    )
    await relay.deliver()
    expect(await relay.outcomes()).toEqual(['delivered: HTTP 201'])
    const shown = relay.requests.slice(-2).map(({ body }) => JSON.parse(body).description)
    expect(shown).toEqual(['🚀 apps ✓', '\ufffd apps ✓'])
    const [record] = await relay.harness.records()
    expect(record?.notes).toEqual([expect.stringContaining('sent again with \ufffd for emoji')])
  })

  it('goes on from a deployment whose first state GitHub did not take', async () => {
    const relay = await startDeploying(withToken)
    const [post] = withToken.made(7, 'success')
    relay.expects(
      { line: withToken.list(ONE), json: [] },
      { line: '', ...post },
      withToken.update(7, 503),
    )
    await relay.deliver()
    expect(await relay.outcomes()).toEqual(['retry: HTTP 503'])
    relay.expects(withToken.update(7))
    expect(await relay.harness.drainNext()).toBe(true)
    expect(await relay.outcomes()).toEqual(['delivered: HTTP 201'])
  })

  it('ends the replaced deployment when GitHub takes the state of the next one later', async () => {
    const relay = await startDeploying(withToken)
    relay.expects({ line: withToken.list(ONE), json: [] }, ...withToken.made(7, 'in-progress'))
    await relay.deliver({ reason: 'Progressing' })
    const [post] = withToken.made(8, 'success')
    relay.expects(
      { line: withToken.list(TWO), json: [] },
      { line: '', ...post },
      withToken.update(8, 503),
    )
    await relay.deliver({ hash: TWO })
    relay.expects(withToken.update(8), withToken.update(7), withToken.update(8))
    expect(await relay.harness.drainNext()).toBe(true)
    await relay.deliver({ hash: TWO, severity: 'error' })
    const states = relay.requests.slice(-3).map(({ body }) => JSON.parse(body).state)
    expect(states).toEqual(['success', 'inactive', 'failure'])
  })

  it('works as an App, with one token', async () => {
    const relay = await startDeploying({ ...withToken, secret: appSecret() })
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString()
    relay.expects(
      {
        line: `POST /api/v3/app/installations/${INSTALLATION_ID}/access_tokens`,
        status: 201,
        json: { token: 'ghs_installation', expires_at: inAnHour },
      },
      { line: withToken.list(ONE), json: [] },
      ...withToken.made(7, 'in-progress'),
      withToken.update(7),
    )
    await relay.deliver({ reason: 'Progressing' })
    await relay.deliver()
    expect(await relay.outcomes()).toEqual(['delivered: HTTP 201', 'delivered: HTTP 201'])
    const sent = relay.requests.map(({ headers }) => headers.authorization)
    expect(sent.slice(1)).toEqual(Array(4).fill('Bearer ghs_installation'))
    expect(JSON.stringify(await relay.harness.records())).not.toContain('ghs_installation')
  })

  it('waits when GitHub limits it', async () => {
    const relay = await startDeploying(withToken)
    const json = { message: 'You have exceeded a secondary rate limit.' }
    relay.expects({ line: withToken.list(ONE), status: 403, json })
    await relay.deliver()
    expect((await relay.outcomes())[0]).toMatch(/^retry: HTTP 403: You have exceeded/)
  })
})
