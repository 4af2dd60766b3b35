import { expect, it } from 'vitest'
import { createDecisionMetrics } from '../../functions/shared/metrics.ts'
import type { Outcome } from '../../relay/model/outcomes.ts'
import { deliveryRecord } from '../support/delivery-records.ts'

function open(clusterMetrics = false) {
  const lines: string[] = []
  const metrics = createDecisionMetrics(
    (line) => void lines.push(line),
    { metricsNamespace: 'flux-relay/test', clusterMetrics },
    { now: () => 7 },
  )
  const count = (outcome: Outcome, type: string, latencyMs: number, cluster = 'prod') =>
    metrics.count({
      record: deliveryRecord({
        ...{ outcome, cluster },
        provider: { namespace: 'a', name: 'b', uid: '', type },
      }),
      latencyMs,
    })
  const flushed = () => {
    metrics.flush()
    return lines.splice(0).map((line) => JSON.parse(line))
  }
  return { count, flushed, lines }
}

it('writes one line for a type, with the sums and every latency', () => {
  const { count, flushed, lines } = open()
  count('delivered', 'slack', 10)
  count('delivered', 'slack', 30, 'other')
  count('dead', 'slack', 0)
  count('retry', 'generic', 0)
  count('delivered', 'no-such-type', 5)
  expect(lines).toEqual([])
  const dimensions = [['service'], ['service', 'provider']]
  const names = [
    { Name: 'Delivered', Unit: 'Count' },
    { Name: 'Dead', Unit: 'Count' },
    { Name: 'Latency', Unit: 'Milliseconds' },
  ]
  const directive = { Namespace: 'flux-relay/test', Dimensions: dimensions, Metrics: names }
  expect(flushed()).toEqual([
    {
      _aws: { Timestamp: 7, CloudWatchMetrics: [directive] },
      service: 'flux-relay',
      ...{ provider: 'slack', Delivered: 2, Dead: 1, Latency: [10, 30] },
    },
    expect.objectContaining({ provider: 'generic', Retried: 1 }),
    expect.objectContaining({ provider: 'unknown', Delivered: 1, Latency: 5 }),
  ])
  expect(flushed()).toEqual([])
})

it('writes a line for each cluster where the deployment wants that', () => {
  const { count, flushed } = open(true)
  count('delivered', 'slack', 1, 'one')
  count('delivered', 'slack', 2, 'two')
  count('delivered', 'slack', 3, 'one')
  expect(flushed()).toMatchObject([
    { cluster: 'one', Delivered: 2, Latency: [1, 3] },
    { cluster: 'two', Delivered: 1, Latency: 2 },
  ])
})

it('gives no metric of a line more values than CloudWatch takes', () => {
  const { count, flushed, lines } = open()
  for (let latencyMs = 0; latencyMs < 250; latencyMs += 1) count('delivered', 'slack', latencyMs)
  expect(lines).toHaveLength(2)
  const written = flushed()
  expect(written.map(({ Delivered }) => Delivered)).toEqual([100, 100, 50])
  expect(written.map(({ Latency }) => Latency.length)).toEqual([100, 100, 50])
})
