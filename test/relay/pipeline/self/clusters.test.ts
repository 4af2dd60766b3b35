import { describe, expect, it } from 'vitest'
import { LaterVersion } from '../../../../relay/model/stored/errors.ts'
import { reportSilentClusters } from '../../../../relay/pipeline/self/cluster-reports.ts'
import { troubleKey } from '../../../../relay/pipeline/self/troubles.ts'
import { alert, CLUSTER, createHarness, provider } from '../../../support/relay-harness.ts'
import { annotated } from '../rules/annotated.ts'

const MINUTE_MS = 60_000

describe('self: clusters', () => {
  it.each([
    [
      'the rule',
      annotated(alert('ops', 'ops', { eventSources: [{ kind: 'Bucket', name: 'x' }] }), {
        self: 'clusters',
      }),
    ],
    [
      'a source of the kind Cluster',
      alert('ops', 'ops', { eventSources: [{ kind: 'Cluster', name: '*' }] }),
    ],
  ])(
    'tells by %s once that a cluster is silent, and once that it is heard again',
    async (_, ops) => {
      const harness = createHarness({ noCrossNamespaceRefs: true })
      const { ports, clock, requests } = harness
      await harness.configure(
        provider('ops', { type: 'generic', address: 'https://ops.example/' }),
        ops,
      )
      const heardAt = clock.now()
      const look = async (at: number | undefined) => {
        await reportSilentClusters(ports, [
          { cluster: CLUSTER, ...(at !== undefined && { heardAt: at }) },
          { cluster: 'never-heard' },
        ])
        await harness.drain()
      }
      const told = () =>
        requests.map(({ body }) => {
          const { involvedObject, severity, reason, message } = JSON.parse(String(body))
          return [involvedObject.kind, involvedObject.name, severity, reason, message]
        })
      await look(heardAt)
      clock.advance(29 * MINUTE_MS)
      await look(heardAt)
      expect(told()).toEqual([])
      clock.advance(2 * MINUTE_MS)
      await look(heardAt)
      clock.advance(60 * MINUTE_MS)
      await look(heardAt)
      const since = new Date(heardAt).toISOString()
      expect(told()).toEqual([
        [
          ...['Cluster', CLUSTER, 'error', 'ClusterSilent'],
          `Cluster ${CLUSTER} is silent: its shipper last sent its configuration at ${since}`,
        ],
      ])
      await look(clock.now())
      await look(clock.now())
      expect(told().slice(1)).toEqual([
        [
          ...['Cluster', CLUSTER, 'info', 'ClusterHeard'],
          `Cluster ${CLUSTER} sends its configuration again; it was silent since ${since}`,
        ],
      ])
    },
  )

  it('reports the other clusters where what was told of one cannot be read', async () => {
    const { ports, clock } = createHarness()
    await ports.state.write(troubleKey('later', 'silent'), { v: 9 }, 'absent', clock.now() + 1e9)
    const heardAt = clock.now() - 31 * MINUTE_MS
    const clusters = ['later', CLUSTER].map((cluster) => ({ cluster, heardAt }))
    await expect(reportSilentClusters(ports, clusters)).rejects.toThrow(LaterVersion)
    expect(await ports.state.read(troubleKey(CLUSTER, 'silent'))).toBeDefined()
  })
})
