import { describe, expect, it } from 'vitest'
import type { QueueDepth } from '../../../hosts/embedded/gauges/queue-gauges.ts'
import { createMetrics } from '../../../hosts/embedded/metrics.ts'
import manifest from '../../../package.json' with { type: 'json' }
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
    metrics.memoryDamaged('object memory')
    const read = await samples()
    expect(read.get('flux_relay_dispatch_rejections_total{fault="host"}')).toBe(1)
    expect(read.get('flux_relay_dispatch_rejections_total{fault="damaged"}')).toBe(2)
    expect(read.get('flux_relay_set_aside_total{kind="event"}')).toBe(1)
    expect(read.get('flux_relay_damaged_memories_total{memory="object memory"}')).toBe(1)
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

  it('tells what is known of each cluster, as it is at the scrape', async () => {
    const clock = new ManualClock()
    const parked = new Map([['prod', 2]])
    const served = new Set(['local', 'prod'])
    const metrics = createMetrics({
      queueDepth: async () => ({ events: 0, retries: 0 }),
      quarantineDepth: async () => ({ messages: { event: 0, retry: 0 }, bytes: 0 }),
      clusters: {
        earlierEvents: async () => new Map([['prod', START - 60_000]]),
        configurations: async () => [
          { cluster: 'local', takenAt: START - 1_500, notReady: 0, source: 'folder' },
          { cluster: 'prod', takenAt: START - 600_000, notReady: 3, source: 'sent' },
        ],
        isServed: (cluster) => served.has(cluster),
        parkedCounts: () => parked,
      },
      clock,
    })
    const samples = async () => samplesOf(await metrics.text())
    const before = await samples()
    const lastEvent = 'flux_relay_last_event_timestamp_seconds'
    const lastConfiguration = 'flux_relay_last_configuration_timestamp_seconds'
    expect(before.get(`${lastEvent}{cluster="prod"}`)).toBe((START - 60_000) / 1_000)
    expect(before.get(`${lastConfiguration}{cluster="local",source="folder"}`)).toBe(
      (START - 1_500) / 1_000,
    )
    expect(before.get(`${lastConfiguration}{cluster="prod",source="sent"}`)).toBe(
      (START - 600_000) / 1_000,
    )
    expect(before.get('flux_relay_objects_not_ready{cluster="prod"}')).toBe(3)
    expect(before.get('flux_relay_parked_destinations{cluster="prod"}')).toBe(2)
    expect(before.get('flux_relay_parked_destinations{cluster="local"}')).toBe(0)

    parked.clear()
    clock.advance(30_000)
    metrics.received('prod', { accepted: 0, duplicates: 1, rejected: 0 })
    metrics.received('local', { accepted: 0, duplicates: 0, rejected: 1 })
    const after = await samples()
    expect(after.get(`${lastEvent}{cluster="prod"}`)).toBe((START + 30_000) / 1_000)
    expect(after.has(`${lastEvent}{cluster="local"}`)).toBe(false)
    expect(after.get('flux_relay_parked_destinations{cluster="prod"}')).toBe(0)

    // It was deleted.
    served.delete('prod')
    const last = await samples()
    expect(
      [...last.keys()].filter((series) => /(last|not_ready|parked).*"prod"/.test(series)),
    ).toEqual([])
    expect(last.has('flux_relay_objects_not_ready{cluster="local"}')).toBe(true)
  })

  it.each([
    [undefined, undefined, 0, Number.NaN],
    [START - 90_000, { databaseBytes: 7, freeBytes: 0, diskBytes: 9 }, 90, 0],
    [START + 90_000, { databaseBytes: 7, freeBytes: 8, diskBytes: 9 }, 0, 8],
  ])('tells of the store: open since %s, space %j', async (openSince, space, age, free) => {
    const metrics = createMetrics({
      queueDepth: async () => ({ events: 0, retries: 0 }),
      quarantineDepth: async () => ({ messages: { event: 0, retry: 0 }, bytes: 0 }),
      store: {
        oldestOpen: async () => openSince,
        deadCount: async () => 3,
        diskSpace: async () => space,
      },
      clock: new ManualClock(),
    })
    const read = samplesOf((await metrics.text()).replaceAll('Nan', 'NaN'))
    expect(read.get('flux_relay_oldest_open_age_seconds')).toBe(age)
    expect(read.get('flux_relay_dead_deliveries')).toBe(3)
    expect(read.get('flux_relay_disk_free_bytes')).toBe(free)
    expect(read.get('flux_relay_disk_size_bytes')).toBe(space?.diskBytes ?? Number.NaN)
    expect(read.get('flux_relay_database_size_bytes')).toBe(space?.databaseBytes ?? Number.NaN)
  })

  it('asks once a scrape for what several of them tell', async () => {
    const asked: string[] = []
    const noted =
      <T>(name: string, value: T) =>
      async () => {
        asked.push(name)
        return value
      }
    const metrics = createMetrics({
      queueDepth: noted('queue', { events: 0, retries: 0 }),
      quarantineDepth: noted('quarantine', { messages: { event: 0, retry: 0 }, bytes: 0 }),
      clusters: {
        earlierEvents: noted('earlier', new Map()),
        configurations: noted('configurations', []),
        isServed: () => true,
        parkedCounts: () => new Map(),
      },
      store: {
        oldestOpen: noted('oldest', undefined),
        deadCount: noted('dead', 0),
        diskSpace: noted('disk', undefined),
      },
      clock: new ManualClock(),
    })
    const each = ['configurations', 'dead', 'disk', 'oldest', 'quarantine', 'queue']
    await metrics.text()
    expect(asked.splice(0).toSorted()).toEqual([...each, 'earlier'].toSorted())
    await metrics.text()
    expect(asked.toSorted()).toEqual(each)
  })

  it('leaves out what cannot be read, tells the rest, and says why once', async () => {
    const broken = new Error('disk I/O error')
    let isBroken = false
    const read = <T>(value: T) => (isBroken ? Promise.reject(broken) : Promise.resolve(value))
    const failures: unknown[] = []
    const metrics = createMetrics({
      queueDepth: () => read({ events: 4, retries: 2 }),
      quarantineDepth: () => read({ messages: { event: 1, retry: 1 }, bytes: 5 }),
      isWritable: () => !isBroken,
      clusters: {
        earlierEvents: () => read(new Map([['prod', START]])),
        configurations: () =>
          read([{ cluster: 'prod', takenAt: START, notReady: 1, source: 'sent' }]),
        isServed: () => true,
        parkedCounts: () => new Map([['prod', 1]]),
      },
      store: {
        oldestOpen: () => read(START),
        deadCount: () => read(3),
        diskSpace: async () => ({ databaseBytes: 7, freeBytes: 8, diskBytes: 9 }),
      },
      onFailure: (error) => failures.push(error),
      clock: new ManualClock(),
    })
    const seriesOf = async () => samplesOf(await metrics.text())
    const whole = await seriesOf()
    expect(failures).toEqual([])
    expect(whole.get('flux_relay_storage_writable')).toBe(1)

    isBroken = true
    const left = await seriesOf()
    expect(left.get('flux_relay_storage_writable')).toBe(0)
    expect(left.get('flux_relay_disk_free_bytes')).toBe(8)
    expect([...whole.keys()].filter((series) => !left.has(series))).toEqual([
      'flux_relay_last_configuration_timestamp_seconds{cluster="prod",source="sent"}',
      'flux_relay_objects_not_ready{cluster="prod"}',
      'flux_relay_parked_destinations{cluster="prod"}',
      'flux_relay_oldest_open_age_seconds',
      'flux_relay_dead_deliveries',
      'flux_relay_queue_depth{queue="events"}',
      'flux_relay_queue_depth{queue="retries"}',
      'flux_relay_queue_oldest_age_seconds{queue="events"}',
      'flux_relay_queue_oldest_age_seconds{queue="retries"}',
      'flux_relay_quarantine_messages{kind="event"}',
      'flux_relay_quarantine_messages{kind="retry"}',
      'flux_relay_quarantine_bytes',
    ])
    expect(failures).toEqual([broken])

    isBroken = false
    expect([...(await seriesOf()).keys()]).toEqual([...whole.keys()])
    expect(failures).toEqual([broken])
  })

  it('counts dead deliveries from 0 on, and tells which program it is', async () => {
    const read = await setup().samples()
    const dead = 'flux_relay_deliveries_total{outcome="dead",provider_type="slack"}'
    expect(read.get(dead)).toBe(0)
    const labels = `version="${manifest.version}",node_version="${process.versions.node}"`
    expect(read.get(`flux_relay_build_info{${labels}}`)).toBe(1)
  })
})
