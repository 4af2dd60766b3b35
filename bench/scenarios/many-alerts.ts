import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fillQueue } from '../filled-queue.ts'
import type { Bench } from '../processes.ts'
import { PROJECT, START, startFlags } from '../relay-process.ts'
import { formatNumber, type Outcome, type Row } from '../report.ts'
import { peakResidentBytes } from '../resident-size.ts'
import type { Scale, Scenario } from '../scenario.ts'
import { type Sink, startSink } from '../sink.ts'

const KIND = 'Kustomization'

/** A queue of events of different objects, and the Alerts that a restarted relay meets it with. */
interface Load {
  readonly alerts: number
  readonly events: number
  /** Whether each event fits one Alert, or all of them. */
  readonly fit: 'one' | 'all'
  /** Bound of the heap, in MiB; else what Node chooses. */
  readonly heapMiB?: number
  readonly peakMb: number
}

/** The second one ran out of 4.5 GB of memory once, with nothing delivered. */
const LOADS: readonly Load[] = [
  { alerts: 1_000, events: 1_000, fit: 'one', heapMiB: 512, peakMb: 500 },
  { alerts: 300, events: 1_000, fit: 'all', heapMiB: 512, peakMb: 500 },
  { alerts: 10_000, events: 10_000, fit: 'one', peakMb: 500 },
]

export const manyAlerts: Scenario = {
  name: 'many-alerts',
  about: 'memory of a restart with thousands of Alerts and of queued events',
  measure: measureManyAlerts,
}

async function measureManyAlerts(bench: Bench, { seconds, divisor }: Scale): Promise<Outcome> {
  const rows: Row[] = []
  for (const load of LOADS) {
    const { alerts, fit } = load
    const scaled = { ...load, events: Math.ceil(load.events / divisor) }
    rows.push(...rowsOf(scaled, alerts, fit, await drain(bench, scaled, seconds)))
  }
  return { rows }
}

interface Drain {
  /** Requests that the destination got. */
  readonly requests: number
  readonly wanted: number
  readonly seconds: number
  readonly peakMb: number
}

function rowsOf(
  { events, peakMb, heapMiB }: Load,
  alerts: number,
  fit: Load['fit'],
  { requests, wanted, seconds, peakMb: measured }: Drain,
): readonly Row[] {
  const bound = heapMiB === undefined ? '' : `, heap of ${heapMiB} MiB`
  const what = `${events} queued events that fit ${fit} of ${alerts} Alerts${bound}`
  return [
    {
      measure: `${what}: resident peak`,
      measured: `${formatNumber(measured)} MB, ${requests} of ${wanted} delivered in ${formatNumber(seconds)} s`,
      value: measured,
      target: { atMost: peakMb, unit: 'MB' },
    },
  ]
}

/** Starts a relay on the queue, and lets it deliver all, or as much as time allows. */
async function drain(bench: Bench, load: Load, seconds: number): Promise<Drain> {
  const stream = `alerts-${load.alerts}`
  const sink = await startSink(bench, { kind: 'at-once' })
  const { events } = load
  const data = await fillQueue(bench, { stream, events, kind: KIND, objects: events })
  const relay = await startRelay(bench, load, sink, data)
  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 1_000
  const wanted = load.fit === 'one' ? Math.min(load.alerts, load.events) : load.alerts * load.events
  const arrived = async () => {
    const { count, repeated } = await sink.arrivals(stream)
    return count + repeated
  }
  while ((await arrived()) < wanted && elapsed() < seconds) await delay(100)
  const result = {
    requests: await arrived(),
    wanted,
    seconds: elapsed(),
    // Nobody else has this process: one that ran out of memory has no size any more.
    peakMb: (peakResidentBytes(relay.pid) ?? Number.NaN) / 1e6,
  }
  await relay.stop()
  await sink.stop()
  return result
}

function startRelay(bench: Bench, load: Load, sink: Sink, data: string) {
  const manifests = mkdtempSync(join(bench.directory, 'alerts-'))
  mkdirSync(manifests, { recursive: true })
  writeFileSync(join(manifests, 'all.yaml'), manifestsOf(load, sink))
  const { heapMiB } = load
  const heap = heapMiB === undefined ? [] : [`--max-old-space-size=${heapMiB}`]
  const folders = ['--manifests', manifests, '--data', data]
  const program = ['bin/flux-relay.ts', 'serve', ...folders, '--port', '0']
  return bench.start([...startFlags(), ...heap, ...program], {
    cwd: PROJECT,
    environment: START,
  })
}

function manifestsOf({ alerts, fit }: Load, sink: Sink): string {
  const apiVersion = 'notification.toolkit.fluxcd.io/v1beta3'
  const metadata = (name: string) => ({ name, namespace: 'bench' })
  const provider = {
    ...{ apiVersion, kind: 'Provider', metadata: metadata('sink') },
    spec: { type: 'generic', address: sink.url },
  }
  const all = Array.from({ length: alerts }, (_, index) => ({
    ...{ apiVersion, kind: 'Alert', metadata: metadata(`alert-${index}`) },
    spec: {
      providerRef: { name: 'sink' },
      eventSources: [{ kind: KIND, name: fit === 'all' ? '*' : `app-${index}` }],
      exclusionList: ['.*(revision|digest) [0-9a-f]+ applied'],
    },
  }))
  return [provider, ...all].map((object) => JSON.stringify(object)).join('\n---\n')
}
