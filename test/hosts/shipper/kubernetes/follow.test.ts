import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  isRealCluster,
  startCluster,
  type TestCluster,
} from '../../../support/kubernetes/cluster.ts'
import { startDoubleCluster } from '../../../support/kubernetes/double-cluster.ts'
import { CONFIG_MAPS, startFollowing } from '../../../support/kubernetes/followed.ts'
import { waitFor } from '../../../support/wait-for.ts'

describe('a collection', () => {
  it('is listed in pages and then watched, and nothing is lost in between', async () => {
    const cluster = await startCluster()
    await addAll(cluster, 0, 520)
    // While the pages are read.
    let next = 520
    const followed = startFollowing(cluster, {
      onUpdate: async (said) => {
        if (!said.startsWith('listed')) return
        await addAll(cluster, next, next + 10)
        next += 10
      },
    })
    await waitFor(() => expect(followed.names().size).toBe(540))
    expect(followed.said.slice(0, 4)).toEqual([
      'list-started',
      'listed 500',
      'listed 20',
      'list-ended',
    ])
    await cluster.remove({ ...CONFIG_MAP, namespace: 'flux-system', name: 'map-3' })
    await waitFor(() => expect(followed.said.at(-1)).toBe('DELETED map-3'))
    expect(cluster.requests.filter(({ verb }) => verb === 'list')).toHaveLength(2)
  })

  it('is watched from where it was left', async () => {
    const cluster = await startCluster()
    const left = await addAll(cluster, 0, 3)
    await addAll(cluster, 3, 5)
    const followed = startFollowing(cluster, { from: left })
    await waitFor(() => expect(followed.said).toEqual(['ADDED map-3', 'ADDED map-4']))
  })

  it('loses nothing when the API server restarts or cuts connections', async () => {
    const cluster = await startCluster()
    const followed = startFollowing(cluster)
    await waitFor(() => expect(followed.said).toContain('list-ended'))
    cluster.dropConnections()
    await addAll(cluster, 0, 1)
    await waitFor(() => expect(followed.said).toContain('ADDED map-0'))
    expect(followed.said.filter((text) => text === 'list-ended')).toHaveLength(1)
    // It may have forgotten what changed since.
    await cluster.restart()
    await addAll(cluster, 1, 2)
    await waitFor(() => expect(followed.names()).toContain('map-1'))
  })

  it('is listed anew when the API has been restored from a backup', async () => {
    const cluster = await startCluster()
    await addAll(cluster, 0, 2)
    const followed = startFollowing(cluster, { from: '99999999999' })
    await waitFor(() => expect(followed.names()).toEqual(new Set(['map-0', 'map-1'])))
    await addAll(cluster, 2, 3)
    await waitFor(() => expect(followed.said.at(-1)).toBe('ADDED map-2'))
  })

  it('can be followed by metadata only', async () => {
    const cluster = await startCluster()
    await addAll(cluster, 0, 1)
    const followed = startFollowing(cluster, {
      collection: { ...CONFIG_MAPS, content: 'metadata' },
    })
    await waitFor(() => expect(followed.said).toContain('list-ended'))
    await addAll(cluster, 1, 2)
    await waitFor(() => expect(followed.said).toContain('ADDED map-1'))
    expect(followed.objects.map((object) => 'data' in object)).toEqual([false, false])
  })

  it('tells what fails, and tries again', async () => {
    const cluster = await startCluster({ rules: [] })
    const followed = startFollowing(cluster)
    await waitFor(() => expect(followed.failures[0]?.status).toBe(403))
    expect(followed.failures[0]?.message).toMatch(/^GET .*configmaps: HTTP 403: .*forbidden/)
    await cluster.allow([{ apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] }])
    await waitFor(() => expect(followed.said).toContain('list-ended'))
  })
})

describe.skipIf(isRealCluster)('of an API server that misbehaves', () => {
  it('is listed anew when what changed since is gone', async () => {
    const cluster = await startDoubleCluster()
    const left = await addAll(cluster, 0, 2)
    const followed = startFollowing(cluster)
    await waitFor(() => expect(followed.said).toContain('list-ended'))
    await cluster.setDown(true)
    await addAll(cluster, 2, 3)
    await cluster.expire()
    await cluster.setDown(false)
    await waitFor(() => expect(followed.names().size).toBe(3))
    expect(followed.said.filter((text) => text === 'list-ended')).toHaveLength(2)

    const resumed = startFollowing(cluster, { from: left })
    await waitFor(() => expect(resumed.said).toContain('list-ended'))
    expect(resumed.failures).toEqual([])
  })

  it('begins a list again whose next page is gone', async () => {
    const cluster = await startDoubleCluster()
    await addAll(cluster, 0, 501)
    let isFirst = true
    const followed = startFollowing(cluster, {
      onUpdate: async (said) => {
        if (said === 'listed 500' && isFirst) await cluster.expire()
        isFirst = isFirst && said !== 'listed 500'
      },
    })
    await waitFor(() => expect(followed.said).toContain('list-ended'))
    expect(followed.said).toEqual([
      ...['list-started', 'listed 500'],
      ...['list-started', 'listed 500', 'listed 1', 'list-ended'],
    ])
  })

  it('is read whatever pieces its lines come in, and goes on after what is no line', async () => {
    const cluster = await startDoubleCluster()
    cluster.splitWatchLines(7)
    const followed = startFollowing(cluster)
    await waitFor(() => expect(cluster.watches()).toHaveLength(1))
    await addAll(cluster, 0, 3)
    await waitFor(() => expect(followed.names().size).toBe(3))
    cluster.watches()[0]?.write('no JSON\n')
    await waitFor(() => expect(followed.failures).toHaveLength(1))
    await addAll(cluster, 3, 4)
    await waitFor(() => expect(followed.names().size).toBe(4))
  })

  it('is asked again after the time that it wants, and after growing ones', async () => {
    const cluster = await startDoubleCluster()
    const list = { verb: 'list', resource: 'configmaps' }
    cluster.answerNext(list, { status: 429, retryAfterSeconds: 7 })
    cluster.answerNext(list, { status: 500, times: 6 })
    cluster.answerNext(list, { status: 200, body: 'no list' })
    const followed = startFollowing(cluster)
    await waitFor(() => expect(followed.said).toContain('list-ended'))
    // Half of the way from one second to the limit, which doubles.
    expect(followed.waits).toEqual([7_000, 2_500, 4_500, 8_500, 16_500, 30_500, 30_500, 30_500])
  })

  it('is not asked in a loop when each watch ends at once', async () => {
    const cluster = await startDoubleCluster()
    const left = await addAll(cluster, 0, 1)
    cluster.answerNext({ verb: 'watch' }, { status: 200, times: 3, body: '' })
    const followed = startFollowing(cluster, { from: left })
    await waitFor(() => expect(cluster.watches()).toHaveLength(1))
    expect(followed.waits).toEqual([1_500, 1_500, 1_500])
    expect(followed.failures).toEqual([])
  })

  it('is watched anew when the watch is silent, and that is no failure', async () => {
    const cluster = await startDoubleCluster()
    const followed = startFollowing(cluster, { idleTimeoutMs: 50 })
    const watches = () => cluster.requests.filter(({ verb }) => verb === 'watch')
    await waitFor(() => expect(watches().length).toBeGreaterThan(2))
    await addAll(cluster, 0, 1)
    await waitFor(() => expect(followed.said).toContain('ADDED map-0'))
    expect(followed.failures).toEqual([])
    expect(followed.said.filter((text) => text === 'list-ended')).toHaveLength(1)
  })

  it('is resumed at the last bookmark', async () => {
    const cluster = await startDoubleCluster()
    const followed = startFollowing(cluster)
    await waitFor(() => expect(cluster.watches()).toHaveLength(1))
    const { metadata } = await cluster.apply({
      ...CONFIG_MAP,
      metadata: { name: 'elsewhere', namespace: 'default' },
    })
    cluster.watches()[0]?.bookmark()
    await waitFor(() => expect(followed.said).toContain('bookmark'))
    cluster.dropConnections()
    await waitFor(() => expect(cluster.requests.at(-1)?.path).toContain('watch=1'))
    await waitFor(() => {
      const last = new URL(cluster.requests.at(-1)?.path ?? '', cluster.url)
      expect(last.searchParams.get('resourceVersion')).toBe(metadata.resourceVersion)
    })
  })
})

it('uses a token that was replaced', async () => {
  const cluster = await startCluster()
  const token = readFileSync(cluster.tokenFile, 'utf8')
  writeFileSync(cluster.tokenFile, 'expired')
  const followed = startFollowing(cluster)
  await waitFor(() => expect(followed.failures[0]?.status).toBe(401))
  writeFileSync(cluster.tokenFile, token)
  await waitFor(() => expect(followed.said).toContain('list-ended'))
})

/** Adds config maps `map-<index>`; gives the resource version of the last. */
async function addAll(cluster: TestCluster, from: number, to: number): Promise<string> {
  let last = ''
  for (let index = from; index < to; index += 1) {
    const metadata = { name: `map-${index}`, namespace: 'flux-system' }
    const added = await cluster.apply({ ...CONFIG_MAP, metadata, data: { key: 'value' } })
    last = added.metadata.resourceVersion
  }
  return last
}

const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' }
