import { describe, expect, it } from 'vitest'
import {
  isRealCluster,
  startCluster,
  type TestCluster,
} from '../../../support/kubernetes/cluster.ts'
import { eventManifest } from '../../../support/kubernetes/event-manifests.ts'
import { runEventWatch, spooledMessages } from '../../../support/kubernetes/event-watch.ts'
import { startFollowing } from '../../../support/kubernetes/followed.ts'
import { testSpool } from '../../../support/spool.ts'
import { waitFor } from '../../../support/wait-for.ts'

/** As large as an API server takes: etcd's bound is 1.5 MiB, that of a ConfigMap 1 MiB. */
const LARGE = 'x'.repeat(1_000_000)
const OBJECTS = 20
const EVENTS = isRealCluster ? 300 : 100

/** A real server takes seconds for each restart, and both take many times as long on a busy machine. */
const WITHIN_MS = isRealCluster ? 240_000 : 120_000

describe('a collection of large objects', () => {
  it(
    'loses none while resource versions expire and the API restarts',
    async () => {
      const cluster = await startCluster()
      const followed = startFollowing(cluster)
      for (let index = 0; index < OBJECTS; index += 1) {
        await add(cluster, index)
        if (index % 10 === 3) await cluster.expire()
        if (index % 10 === 6) cluster.dropConnections()
        // A real server takes seconds for it.
        if (index % (isRealCluster ? 15 : 10) === 9) await cluster.restart()
      }
      await waitFor(() => expect(followed.names().size).toBe(OBJECTS), WITHIN_MS)
      // A list is never one answer of all of them.
      const last = followed.said.lastIndexOf('list-started')
      expect(followed.said.slice(last)).not.toContain(`listed ${OBJECTS}`)
    },
    WITHIN_MS,
  )
})

describe('Kubernetes Events under load', () => {
  it(
    'are spooled each once while resource versions expire and the API restarts',
    async () => {
      const cluster = await startCluster()
      const { spool } = testSpool()
      const run = runEventWatch(cluster, spool)
      await waitFor(() => expect(run.said.some((text) => text.startsWith('began'))).toBe(true))
      const names = Array.from({ length: EVENTS }, (_, index) => `e${index}`)
      const waiting = names.values()
      const write = async () => {
        for (const name of waiting) await persist(() => cluster.apply(eventManifest(name)))
      }
      const disturb = async () => {
        const arrived = (share: number) => () =>
          expect(spool.depth().events).toBeGreaterThan(EVENTS * share)
        await waitFor(arrived(0.1), WITHIN_MS)
        await cluster.expire()
        await waitFor(arrived(0.3), WITHIN_MS)
        await cluster.restart()
        await waitFor(arrived(0.5), WITHIN_MS)
        cluster.dropConnections()
        await cluster.expire()
      }
      await Promise.all([write(), write(), write(), disturb()])
      await waitFor(() => expect(spool.depth().events).toBe(EVENTS), WITHIN_MS)
      const messages = names.map((name) => `message of ${name}`)
      expect(spooledMessages(spool).toSorted()).toEqual(messages.toSorted())
    },
    WITHIN_MS,
  )
})

/** A server that restarts may take a write and not answer it. */
async function persist(work: () => Promise<unknown>): Promise<void> {
  await waitFor(work, WITHIN_MS)
}

function add(cluster: TestCluster, index: number) {
  const metadata = { name: `map-${index}`, namespace: 'flux-system' }
  return cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { key: LARGE } })
}
