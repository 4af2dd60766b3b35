import { describe, expect, it } from 'vitest'
import { isRealCluster, startCluster, type TestCluster } from '../../support/kubernetes/cluster.ts'
import { startFollowing } from '../../support/kubernetes/followed.ts'
import { waitFor } from '../../support/wait-for.ts'

/** As large as an API server takes: etcd's bound is 1.5 MiB, that of a ConfigMap 1 MiB. */
const LARGE = 'x'.repeat(1_000_000)
const OBJECTS = 20

describe('a collection of large objects', () => {
  it('loses none while resource versions expire and the API restarts', async () => {
    const cluster = await startCluster()
    const followed = startFollowing(cluster)
    for (let index = 0; index < OBJECTS; index += 1) {
      await add(cluster, index)
      if (index % 10 === 3) await cluster.expire()
      if (index % 10 === 6) cluster.dropConnections()
      // A real server takes seconds for it.
      if (index % (isRealCluster ? 15 : 10) === 9) await cluster.restart()
    }
    await waitFor(() => expect(followed.names().size).toBe(OBJECTS))
    // A list is never one answer of all of them.
    const last = followed.said.lastIndexOf('list-started')
    expect(followed.said.slice(last)).not.toContain(`listed ${OBJECTS}`)
  })
})

function add(cluster: TestCluster, index: number) {
  const metadata = { name: `map-${index}`, namespace: 'flux-system' }
  return cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { key: LARGE } })
}
