import { describe, expect, it, vi } from 'vitest'
import { ApiError } from '../../../hosts/shipper/kubernetes/api-error.ts'
import type { ApiRequest } from '../../../hosts/shipper/kubernetes/client.ts'
import { createKindFinder } from '../../../hosts/shipper/kubernetes/discovery.ts'

const HELM = 'helm.toolkit.fluxcd.io'
const METRICS = 'metrics.k8s.io'

it('finds a kind though an extension of the API is down', async () => {
  const down = new ApiError('service unavailable', { status: 503 })
  expect(await createKindFinder(apiWhere({ [METRICS]: down }))('HelmRelease')).toMatchObject([
    { group: HELM, version: 'v2', plural: 'helmreleases', path: `/apis/${HELM}/v2/helmreleases` },
  ])
})

it('does not take a kind for absent while the API server starts', async () => {
  const starting = new ApiError('not yet', { status: 503, reason: 'ServiceUnavailable' })
  const find = createKindFinder(apiWhere({ [HELM]: starting }))
  await expect(find('HelmRelease')).rejects.toBe(starting)
})

it.each([403, 500, 503, 504])('finds a kind though another group answers %i', async (status) => {
  const failing = new ApiError('no', { status, reason: 'SomeReason' })
  const find = createKindFinder(apiWhere({ [METRICS]: failing }))
  expect(await find('HelmRelease')).toMatchObject([{ group: HELM }])
  await expect(find('Metric')).rejects.toBe(failing)
})

it('takes what a group had for what it has, while it cannot be read', async () => {
  const failing: Record<string, ApiError> = {}
  const find = createKindFinder(apiWhere(failing))
  const before = await find('HelmRelease')
  failing[HELM] = new ApiError('no', { status: 504 })
  expect(await find('HelmRelease')).toEqual(before)
  expect(await find('Metric')).toEqual([])
})

it('finds a kind though a group has no resources at all', async () => {
  const api = apiWhere({})
  const find = createKindFinder({
    request: async (request: ApiRequest) =>
      request.path.includes(METRICS) ? { resources: null } : api.request(request),
  })
  expect(await find('HelmRelease')).toHaveLength(1)
})

it('looks at each group once for all that ask at the same time, and again after that', async () => {
  const api = apiWhere({})
  const request = vi.spyOn(api, 'request')
  const find = createKindFinder(api)
  const found = await Promise.all(['HelmRelease', 'Kustomization', 'HelmRelease'].map(find))
  expect(found.map(({ length }) => length)).toEqual([1, 0, 1])
  expect(request).toHaveBeenCalledTimes(4)
  await find('HelmRelease')
  expect(request).toHaveBeenCalledTimes(8)
})

it('looks anew after it failed', async () => {
  const api = apiWhere({})
  const find = createKindFinder(api)
  vi.spyOn(api, 'request').mockRejectedValueOnce(new ApiError('no answer'))
  await expect(find('HelmRelease')).rejects.toThrow('no answer')
  expect(await find('HelmRelease')).toHaveLength(1)
})

const BUCKETS = 'source.toolkit.fluxcd.io'

/**
 * An API in which the kinds of a group have different versions, as those of Flux 2.3. `down` is the path of a version
 * that answers with an error.
 */
function apiOfVersions(down = '') {
  const versions = ['v1', 'v1beta2', 'v1beta1'].map((version) => ({ version }))
  const groups = [{ name: BUCKETS, versions, preferredVersion: { version: 'v1' } }]
  const kinds: Readonly<Record<string, readonly string[]>> = {
    v1: ['GitRepository'],
    v1beta2: ['GitRepository', 'Bucket'],
    v1beta1: ['GitRepository', 'Bucket'],
  }
  return {
    async request({ path }: ApiRequest) {
      if (path === '/apis') return { groups }
      if (path === down) throw new ApiError('no', { status: 500, reason: 'InternalError' })
      const served = kinds[path.split('/').at(-1) ?? ''] ?? []
      const verbs = ['list', 'watch']
      return {
        resources: path.startsWith('/apis')
          ? served.map((kind) => ({ name: kind.toLowerCase(), kind, namespaced: true, verbs }))
          : [],
      }
    },
  }
}

describe('a group whose kinds have different versions', () => {
  it('has each in the first of its versions that serves it', async () => {
    const find = createKindFinder(apiOfVersions())
    expect(await find('GitRepository')).toMatchObject([{ group: BUCKETS, version: 'v1' }])
    expect(await find('Bucket')).toMatchObject([
      { group: BUCKETS, version: 'v1beta2', path: `/apis/${BUCKETS}/v1beta2/bucket` },
    ])
    expect(await find('HelmChart')).toEqual([])
  })

  it('has those of one version while another one cannot be read', async () => {
    const find = createKindFinder(apiOfVersions(`/apis/${BUCKETS}/v1beta1`))
    expect(await find('Bucket')).toMatchObject([{ version: 'v1beta2' }])
    await expect(find('HelmChart')).rejects.toThrow('no')
  })
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
