import { describe, expect, it } from 'vitest'
import { createMetrics, type QueueDepth } from '../../../hosts/embedded/metrics.ts'
import { deliveryRecord } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'

/** Samples of Prometheus' text form, by name and labels. */
function samplesOf(text: string): ReadonlyMap<string, number> {
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [, series = '', value] = /^(\w+(?:\{.*\})?) (\S+)$/.exec(line) ?? []
        expect(series, line).not.toBe('')
        return [series, Number(value)]
      }),
  )
}

function setup(depth: QueueDepth = { events: 0, retries: 0 }) {
  const quarantineDepth = async () => ({ messages: { event: 2, retry: 1 }, bytes: 340 })
  const metrics = createMetrics({
    queueDepth: async () => depth,
    quarantineDepth,
    overdue: () => 3,
    clock: new ManualClock(),
  })
  return { metrics, samples: async () => samplesOf(await metrics.text()) }
}

const PROVIDER = { namespace: 'a', name: 'b', uid: 'c' }

describe('createMetrics', () => {
  it('counts what dispatch did not take, and tells how much is set aside', async () => {
    const { metrics, samples } = setup()
    metrics.rejected('host')
    metrics.rejected('damaged')
    metrics.rejected('damaged')
    metrics.setAside('event')
    const read = await samples()
    expect(read.get('flux_relay_dispatch_rejections_total{fault="host"}')).toBe(1)
    expect(read.get('flux_relay_dispatch_rejections_total{fault="damaged"}')).toBe(2)
    expect(read.get('flux_relay_set_aside_total{kind="event"}')).toBe(1)
    expect(read.get('flux_relay_found_overdue_total')).toBe(3)
    expect(read.get('flux_relay_quarantine_messages{kind="event"}')).toBe(2)
    expect(read.get('flux_relay_quarantine_messages{kind="retry"}')).toBe(1)
    expect(read.get('flux_relay_quarantine_bytes')).toBe(340)
  })

  it('counts events by cluster', async () => {
    const { metrics, samples } = setup()
    metrics.received('prod', { accepted: 3, duplicates: 2, rejected: 1 })
    metrics.received('prod', { accepted: 1, duplicates: 0, rejected: 0 })
    const read = await samples()
    expect(read.get('flux_relay_events_accepted_total{cluster="prod"}')).toBe(4)
    expect(read.get('flux_relay_events_duplicate_total{cluster="prod"}')).toBe(2)
    expect(read.get('flux_relay_events_rejected_total{cluster="prod"}')).toBe(1)
  })

  it('counts decisions by outcome and type, and times what was delivered', async () => {
    const { metrics, samples } = setup()
    metrics.decided({ record: deliveryRecord(), latencyMs: 1_500 })
    metrics.decided({ record: deliveryRecord({ outcome: 'retry' }), latencyMs: 9_000 })
    const read = await samples()
    const series = (outcome: string) =>
      `flux_relay_deliveries_total{outcome="${outcome}",provider_type="slack"}`
    expect(read.get(series('delivered'))).toBe(1)
    expect(read.get(series('retry'))).toBe(1)
    const latency = 'flux_relay_delivery_latency_seconds'
    expect(read.get(`${latency}_sum{provider_type="slack"}`)).toBe(1.5)
    expect(read.get(`${latency}_count{provider_type="slack"}`)).toBe(1)
    expect(read.get(`${latency}_bucket{le="1",provider_type="slack"}`)).toBe(0)
    expect(read.get(`${latency}_bucket{le="2.5",provider_type="slack"}`)).toBe(1)
  })

  it('makes no label of a type that it does not know', async () => {
    const { metrics, samples } = setup()
    for (const type of ['made-up-1', 'made-up-2']) {
      const record = deliveryRecord({ outcome: 'dead', provider: { ...PROVIDER, type } })
      metrics.decided({ record, latencyMs: 0 })
    }
    const { provider: _, ...bare } = deliveryRecord({ outcome: 'skipped' })
    metrics.decided({ record: bare, latencyMs: 0 })
    const read = await samples()
    const series = (outcome: string, type: string) =>
      `flux_relay_deliveries_total{outcome="${outcome}",provider_type="${type}"}`
    expect(read.get(series('dead', 'unknown'))).toBe(2)
    expect(read.get(series('skipped', 'none'))).toBe(1)
    expect([...read.keys()].join()).not.toContain('made-up')
  })

  it('asks for the queue’s depth at each scrape', async () => {
    const { samples } = setup({
      events: 4,
      retries: 2,
      oldestEventAt: START - 90_000,
      oldestRetryDueAt: START + 60_000,
    })
    const read = await samples()
    expect(read.get('flux_relay_queue_depth{queue="events"}')).toBe(4)
    expect(read.get('flux_relay_queue_depth{queue="retries"}')).toBe(2)
    expect(read.get('flux_relay_queue_oldest_age_seconds{queue="events"}')).toBe(90)
    expect(read.get('flux_relay_queue_oldest_age_seconds{queue="retries"}')).toBe(0)
  })

  it('tells about the process too, and keeps two registries apart', async () => {
    const [first, second] = [setup(), setup()]
    first.metrics.received('prod', { accepted: 1, duplicates: 0, rejected: 0 })
    expect((await first.samples()).has('process_cpu_seconds_total')).toBe(true)
    expect(await second.metrics.text()).not.toContain('cluster="prod"')
  })
})
