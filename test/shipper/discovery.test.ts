import { expect, it } from 'vitest'
import { ApiError } from '../../shipper/kubernetes/api-error.ts'
import type { ApiRequest } from '../../shipper/kubernetes/client.ts'
import { findKind } from '../../shipper/kubernetes/discovery.ts'

const HELM = 'helm.toolkit.fluxcd.io'
const METRICS = 'metrics.k8s.io'

it('finds a kind though an extension of the API is down', async () => {
  const down = new ApiError('service unavailable', { status: 503 })
  expect(await findKind(apiWhere({ [METRICS]: down }), 'HelmRelease')).toMatchObject([
    { group: HELM, version: 'v2', plural: 'helmreleases', path: `/apis/${HELM}/v2/helmreleases` },
  ])
})

it('does not take a kind for absent while the API server starts', async () => {
  const starting = new ApiError('not yet', { status: 503, reason: 'ServiceUnavailable' })
  await expect(findKind(apiWhere({ [HELM]: starting }), 'HelmRelease')).rejects.toBe(starting)
})

/** An API with two groups, of which some fail. */
function apiWhere(failing: Readonly<Record<string, ApiError>>) {
  const groups = [METRICS, HELM].map((name) => {
    const version = { version: 'v2' }
    return { name, versions: [version], preferredVersion: version }
  })
  const verbs = ['list', 'watch']
  const resource = { name: 'helmreleases', kind: 'HelmRelease', namespaced: true, verbs }
  return {
    async request({ path }: ApiRequest) {
      const error = Object.entries(failing).find(([group]) => path.includes(group))?.[1]
      if (error) throw error
      if (path === '/apis') return { groups }
      return { resources: path.includes(HELM) ? [resource] : [] }
    },
  }
}
