import { expect, it } from 'vitest'
import { runConfig } from '../../../support/config-harness.ts'
import { startDoubleCluster } from '../../../support/kubernetes/double-cluster.ts'
import { alertObject, providerObject } from '../../../support/notification-objects.ts'
import { waitFor } from '../../../support/wait-for.ts'

const SILENCES = { verb: 'list', resource: 'silences' }

it('of an API server that starts leave no Silence out of the set', async () => {
  const { cluster, refuse } = await startCluster()
  refuse(3)
  const run = await runConfig(cluster)
  await run.answered(1)
  expect(run.said.filter((text) => text.startsWith('watch failed Silence'))).toHaveLength(3)
  expect(run.puts).toMatchObject([{ silences: [{ metadata: { name: 'night' } }] }])
})

it('that last, of Silences, do not keep Alerts and Providers from the relay', async () => {
  const { cluster, refuse } = await startCluster()
  refuse(1_000)
  const run = await runConfig(cluster)
  await run.answered(1)
  expect(run.puts).toMatchObject([{ alerts: [{}], providers: [{}] }])
  expect(run.puts[0]).not.toHaveProperty('silences')
  expect(run.time.elapsed()).toBeLessThan(15_000)
  const { length } = run.said
  await waitFor(async () => {
    await run.time.pass(run.time.waits[0] ?? 0)
    expect(run.said.length).toBeGreaterThan(length)
  })
})

/** A cluster with one object of each kind, that refuses to list Silences so many times. */
async function startCluster() {
  const cluster = await startDoubleCluster()
  await cluster.apply(alertObject('podinfo'))
  await cluster.apply(providerObject('slack'))
  await cluster.apply({
    ...{ apiVersion: 'flux-relay.io/v1alpha1', kind: 'Silence' },
    metadata: { name: 'night', namespace: 'flux-system' },
    spec: { match: 'true', reason: 'night', schedule: '0 22 * * *', duration: '8h' },
  })
  const refuse = (times: number) => cluster.answerNext(SILENCES, { status: 403, times })
  return { cluster, refuse }
}
