import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { runDelivery } from '../delivery-run.ts'
import type { EventLoopDelay, ProbeQuestion } from '../probe.ts'
import type { Bench } from '../processes.ts'
import { startRelayProcess } from '../relay-process.ts'
import { formatNumber, type Outcome } from '../report.ts'
import type { Scenario } from '../scenario.ts'
import { startSender } from '../sender.ts'
import { startSink } from '../sink.ts'

const SYNC_MS = 20
const PER_SECOND = 500
const SECONDS = 20

export const slowDisk: Scenario = {
  name: 'slow-disk',
  about: 'delay of the event loop at 500 events a second on a disk of 20 ms a sync',
  measure: measureSlowDisk,
}

async function measureSlowDisk(bench: Bench): Promise<Outcome> {
  const library = slowSyncLibrary(bench)
  if (library === undefined)
    return { rows: [], skipped: 'needs gcc, to slow the disk of a process' }
  const sink = await startSink(bench, { kind: 'at-once' })
  const sender = await startSender(bench)
  const relay = await startRelayProcess(bench, {
    destinations: [{ kind: 'Kustomization', sink }],
    environment: { LD_PRELOAD: library, SLOW_SYNC_MS: String(SYNC_MS) },
    isProbed: true,
  })
  const load = (stream: string, seconds: number) => {
    const events = PER_SECOND * seconds
    const about = { kind: 'Kustomization', objects: 2_000 }
    const posts = { ...about, stream, pace: { perSecond: PER_SECOND }, events, seconds }
    return runDelivery({ side: relay, sink, sender, load: posts, seconds: seconds + 10 })
  }
  await load('warm-up', 5)
  await relay.ask('begin' satisfies ProbeQuestion)
  const result = await load('slow', SECONDS)
  const delay = (await relay.ask('event-loop' satisfies ProbeQuestion)) as EventLoopDelay
  return {
    details: { delay, result },
    rows: [
      {
        measure: `event loop delay p99 at ${PER_SECOND}/s, disk of ${SYNC_MS} ms a sync`,
        measured: `p50 ${formatNumber(delay.p50)}, p99 ${formatNumber(delay.p99)}, max ${formatNumber(delay.max)} ms; ${formatNumber(result.deliveredPerSecond)} delivered/s`,
        value: delay.p99,
        target: { atMost: 20, unit: 'ms' },
      },
    ],
  }
}

/** Undefined where it cannot be built. */
function slowSyncLibrary({ directory }: Bench): string | undefined {
  const library = join(directory, 'slow-sync.so')
  const source = join(import.meta.dirname, '../slow-sync.c')
  try {
    execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-o', library, source], { stdio: 'pipe' })
    return library
  } catch {
    return undefined
  }
}
