import { describe, expect, it } from 'vitest'
import { accessProblems, grantsOf } from '../support/granted-access.ts'
import type { AccessRule } from '../support/kubernetes/access-rules.ts'
import type { RecordedRequest } from '../support/kubernetes/recorded-request.ts'
import { hasKubectl } from '../support/kustomize.ts'
import { shipperRules } from '../support/shipper-access.ts'

const GROUP = 'notification.toolkit.fluxcd.io'

const request = (verb: string, group: string, resource: string): RecordedRequest => ({
  verb,
  group,
  resource,
  path: '',
  status: 200,
})

/** Without what may be listed and watched for its labels. */
const grants = async (...folders: readonly string[]) =>
  grantsOf(await shipperRules(...folders)).filter(
    (grant) => !/^(list|watch) \w+\.(source|kustomize|helm|image)\./.test(grant),
  )

describe.skipIf(!hasKubectl)('what the shipper may do', () => {
  const base = [
    'create events',
    `list alerts.${GROUP}`,
    `list providers.${GROUP}`,
    'list silences.flux-relay.io',
    `patch alerts/status.${GROUP}`,
    `patch providers/status.${GROUP}`,
    'patch silences/status.flux-relay.io',
    `watch alerts.${GROUP}`,
    `watch providers.${GROUP}`,
    'watch silences.flux-relay.io',
  ]

  it('is no more than it needs for configuration and labels', async () => {
    expect(await grants('deploy/base')).toEqual(base)
    const all = grantsOf(await shipperRules('deploy/base'))
    expect(all).toContain('watch kustomizations.kustomize.toolkit.fluxcd.io')
    expect(all.filter((grant) => /\*|secrets/.test(grant))).toEqual([])
  })

  it('is more by one verb when it syncs Secrets', async () => {
    const all = await grants('deploy/overlays/sync-secrets')
    expect(all.filter((grant) => !base.includes(grant))).toEqual(['get secrets'])
  })

  it('is more by two verbs when it watches Events', async () => {
    const all = await grants('deploy/overlays/watch-events')
    expect(all.filter((grant) => !base.includes(grant))).toEqual(['list events', 'watch events'])
  })
})

describe('the comparison of rules and requests', () => {
  const rules: readonly AccessRule[] = [
    { apiGroups: [GROUP], resources: ['alerts', 'providers'], verbs: ['list', 'watch'] },
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['list', 'get'] },
  ]
  const used = ['alerts', 'providers'].flatMap((resource) =>
    ['list', 'watch'].map((verb) => request(verb, GROUP, resource)),
  )

  it('finds what is not granted and what is never used', () => {
    const requests = [...used.slice(1), request('get', '', 'secrets'), request('get', '', '')]
    expect(accessProblems(rules, requests, new Set())).toEqual([
      'never used: get deployments.apps',
      'never used: list alerts.notification.toolkit.fluxcd.io',
      'never used: list deployments.apps',
      'not granted: get secrets',
    ])
  })

  it('excepts what may be listed for users, and no other verb', () => {
    expect(accessProblems(rules, used, new Set(['apps']))).toEqual([
      'never used: get deployments.apps',
    ])
  })
})
