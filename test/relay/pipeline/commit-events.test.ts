import { describe, expect, it } from 'vitest'
import {
  allOf,
  COMMIT_TYPES,
  eventJson,
  forTypes,
  SHA1,
  SHA256,
  type Told,
  verdicts,
} from '../../support/commit-events.ts'
import { alert, CLUSTER, createHarness, githubPair, provider } from '../../support/relay-harness.ts'

it('finds the types that report on commits', () => {
  expect(COMMIT_TYPES.map(({ type }) => type).sort()).toEqual([
    'azuredevops',
    'bitbucket',
    'bitbucketserver',
    'gitea',
    'github',
    'gitlab',
  ])
})

describe('an info event that no controller marked for commits', () => {
  const ociRevision = `latest@sha256:${SHA256}`

  it.each<[string, Told]>([
    [
      'a Kustomization of a Git repository',
      {
        kind: 'Kustomization',
        reason: 'ReconciliationSucceeded',
        metadata: { revision: `main@sha1:${SHA1}` },
      },
    ],
    [
      'in the old form',
      {
        kind: 'Kustomization',
        reason: 'ReconciliationSucceeded',
        metadata: { revision: `main/${SHA1}` },
      },
    ],
    [
      'of an artifact made from Git',
      {
        kind: 'Kustomization',
        reason: 'ReconciliationSucceeded',
        metadata: { revision: ociRevision, originRevision: `main@sha1:${SHA1}` },
      },
    ],
  ])('is sent for %s', async (_, told) => {
    const { shown } = await verdicts(told)
    expect(shown).toEqual(allOf('delivered'))
  })

  it.each<[string, Told]>([
    [
      'an upgrade to a chart',
      { kind: 'HelmRelease', reason: 'UpgradeSucceeded', metadata: { revision: '6.5.1' } },
    ],
    [
      'an installation of a chart named by a commit',
      { kind: 'HelmRelease', reason: 'InstallSucceeded', metadata: { revision: SHA1 } },
    ],
    ['an image', { kind: 'ImagePolicy', reason: 'Succeeded' }],
    [
      'a commit of image-automation-controller',
      { kind: 'ImageUpdateAutomation', reason: 'Succeeded' },
    ],
    [
      'a chart',
      { kind: 'HelmChart', reason: 'ChartPullSucceeded', metadata: { revision: '1.1.0' } },
    ],
    [
      'a Kustomization without a revision',
      { kind: 'Kustomization', reason: 'ReconciliationSucceeded' },
    ],
    [
      'a Kustomization of an artifact',
      {
        kind: 'Kustomization',
        reason: 'ReconciliationSucceeded',
        metadata: { revision: ociRevision },
      },
    ],
    [
      'a Kustomization of a bucket',
      {
        kind: 'Kustomization',
        reason: 'ReconciliationSucceeded',
        metadata: { revision: `sha256:${SHA256}` },
      },
    ],
    [
      'another success of a Kustomization',
      {
        kind: 'Kustomization',
        reason: 'PruneSucceeded',
        metadata: { revision: `main@sha1:${SHA1}` },
      },
    ],
  ])('is skipped for %s', async (_, told) => {
    const { harness, shown } = await verdicts(told)
    expect(shown).toEqual(
      allOf(
        expect.stringMatching(/^skipped: \w+ takes only errors, and info events about a commit$/),
      ),
    )
    expect(harness.requests).toEqual([])
  })
})

describe('an event that names no commit', () => {
  const error = { severity: 'error' } as const

  it.each<[string, Told]>([
    ['an error without metadata', { kind: 'Kustomization', reason: 'BuildFailed', ...error }],
    [
      'an error of a chart',
      { kind: 'HelmRelease', reason: 'UpgradeFailed', ...error, metadata: { revision: '6.5.1' } },
    ],
    [
      'an error of a chart with a build',
      {
        kind: 'HelmRelease',
        reason: 'InstallFailed',
        ...error,
        metadata: { revision: '6.5.1+e0284ec427ea' },
      },
    ],
    [
      'an error of an artifact',
      {
        kind: 'Kustomization',
        reason: 'HealthCheckFailed',
        ...error,
        metadata: { revision: `latest@sha256:${SHA256}` },
      },
    ],
    [
      'an error of an artifact without a tag',
      {
        kind: 'OCIRepository',
        reason: 'VerificationError',
        ...error,
        metadata: { revision: `sha256:${SHA256}` },
      },
    ],
    [
      'an error of a bucket',
      { kind: 'Bucket', reason: 'BucketOperationFailed', ...error, metadata: { revision: SHA256 } },
    ],
    [
      'an error of an index',
      {
        kind: 'HelmRepository',
        reason: 'Failed',
        ...error,
        metadata: { revision: `sha256:${SHA256}` },
      },
    ],
    [
      'an error with a cut hash',
      {
        kind: 'Kustomization',
        reason: 'BuildFailed',
        ...error,
        metadata: { revision: 'main@sha1:9e2f4c1' },
      },
    ],
    [
      'an error with an empty revision',
      { kind: 'Kustomization', reason: 'BuildFailed', ...error, metadata: { revision: '' } },
    ],
    [
      'a marked result of an artifact',
      {
        kind: 'Kustomization',
        reason: 'ReconciliationSucceeded',
        metadata: { commit_status: 'update', revision: `latest@sha256:${SHA256}` },
      },
    ],
    [
      'a marked result without a revision',
      {
        kind: 'Kustomization',
        reason: 'ReconciliationSucceeded',
        metadata: { commit_status: 'update' },
      },
    ],
    [
      'a commit that is a version',
      { kind: 'HelmRelease', reason: 'UpgradeSucceeded', commit: 'v1.2.3' },
    ],
    [
      'a commit that is a digest',
      { kind: 'HelmRelease', reason: 'UpgradeSucceeded', commit: `sha256:${SHA256}` },
    ],
  ])('is skipped: %s', async (_, told) => {
    const { harness, shown } = await verdicts(told)
    expect(shown).toEqual(allOf(expect.stringMatching(/^skipped: .* names no commit/)))
    expect(harness.requests).toEqual([])
    expect((await harness.queue.depth()).retries).toBe(0)
  })

  it('is skipped though the Secret is missing or the settings are wrong', async () => {
    const harness = createHarness()
    await harness.configure(
      provider('p', {
        type: 'github',
        address: 'https://github.com/o/r',
        secretRef: { name: 'no' },
      }),
      {
        ...provider('q', { type: 'gitlab', address: 'nowhere' }),
        metadata: { name: 'q', namespace: 'flux-system' },
      },
      alert('p', 'p'),
      alert('q', 'q'),
    )
    await harness.sendJson(eventJson({ kind: 'Kustomization', reason: 'BuildFailed', ...error }))
    await harness.drain()
    expect((await harness.records()).map(({ outcome }) => outcome)).toEqual(['skipped', 'skipped'])
  })

  it('is skipped before its commitStatusExpr could fail', async () => {
    const harness = createHarness()
    harness.secrets.set(`${CLUSTER}/flux-system/github`, { token: 'ghp_example' })
    const [git, pair] = githubPair()
    const commitStatusExpr = 'event.metadata.revision'
    await harness.configure({ ...git, spec: { ...git?.spec, commitStatusExpr } }, { ...pair })
    await harness.sendJson(eventJson({ kind: 'Kustomization', reason: 'BuildFailed', ...error }))
    await harness.drain()
    expect(await harness.records()).toMatchObject([{ outcome: 'skipped' }])
  })

  it("takes what the Alert's metadata says of the commit, where the event's gate is open", async () => {
    const harness = await forTypes(['github'], { eventMetadata: { commit: SHA1 } })
    const chart = { kind: 'HelmRelease', metadata: { revision: '6.5.1' } }
    await harness.sendJson(eventJson({ ...chart, reason: 'UpgradeSucceeded' }))
    await harness.sendJson(eventJson({ ...chart, reason: 'UpgradeFailed', ...error }))
    await harness.drain()
    expect(harness.requests.map(({ url }) => url.split('/').at(-1))).toEqual([SHA1])
  })
})

describe('64 digits', () => {
  const takers = ['gitea', 'gitlab']
  const others = COMMIT_TYPES.map(({ type }) => type).filter((type) => !takers.includes(type))
  const told: readonly [string, Told][] = [
    [
      'the revision of a GitRepository',
      {
        kind: 'GitRepository',
        reason: 'GitOperationFailed',
        severity: 'error',
        metadata: { revision: `main@sha256:${SHA256}` },
      },
    ],
    [
      'what an artifact was built from',
      {
        kind: 'Kustomization',
        reason: 'BuildFailed',
        severity: 'error',
        metadata: {
          originRevision: `main@sha256:${SHA256}`,
          revision: `latest@sha256:${'ab'.repeat(32)}`,
        },
      },
    ],
    [
      'a result that was built from Git',
      {
        kind: 'Kustomization',
        reason: 'ReconciliationSucceeded',
        metadata: { originRevision: `main@sha256:${SHA256}` },
      },
    ],
    [
      'the commit that somebody gave',
      { kind: 'HelmRelease', reason: 'UpgradeSucceeded', commit: SHA256 },
    ],
  ]

  it.each(told)('are a commit where they are %s, for forges that have them', async (_, event) => {
    const { harness, shown } = await verdicts(event, takers)
    expect(shown).toEqual(new Map(takers.map((type) => [type, 'delivered'])))
    expect(harness.requests.every(({ url }) => url.endsWith(`/statuses/${SHA256}`))).toBe(true)
  })

  it.each(told)('are none for forges that have no SHA-256 commits: %s', async (_, event) => {
    const { harness, shown } = await verdicts(event, others)
    expect(shown).toEqual(
      new Map(others.map((type) => [type, expect.stringMatching(/^skipped: .* names no commit/)])),
    )
    expect(harness.requests).toEqual([])
  })
})

it.each(['warning', 'Error', 'fatal'])(
  'makes no commit green by an event of severity %s',
  async (severity) => {
    const types = [...COMMIT_TYPES.map(({ type }) => type), 'githubdeployment', 'gitlabdeployment']
    const told = { kind: 'Kustomization', reason: 'HealthCheckFailed', severity, commit: SHA1 }
    const { harness, shown } = await verdicts(told, types)
    expect([...shown.keys()].sort()).toEqual(types.sort())
    for (const text of shown.values()) {
      expect(text).toMatch(/^skipped: .* takes severity info as a success and error as a failure/)
    }
    expect(harness.requests).toEqual([])
  },
)
