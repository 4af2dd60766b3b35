import { setTimeout as delay } from 'node:timers/promises'
import { runDelivery } from '../delivery-run.ts'
import type { ProbeQuestion } from '../probe.ts'
import type { Bench } from '../processes.ts'
import { startRelayProcess } from '../relay-process.ts'
import type { Outcome } from '../report.ts'
import type { Scale, Scenario } from '../scenario.ts'
import { type Pace, startSender } from '../sender.ts'
import { type SinkAnswer, startSink } from '../sink.ts'

export const rows: Scenario = {
  name: 'rows',
  about: 'rows written for each delivered event, where it waits and where it need not',
  measure: measureRows,
}

async function measureRows(bench: Bench, { seconds }: Scale): Promise<Outcome> {
  const idle = await rowsPerDelivery(bench, {
    // Over before the outcomes are counted, which are some rows every ten seconds, whatever comes.
    ...{ answer: { kind: 'at-once' }, pace: { perSecond: 80 } },
    ...{ events: 400, seconds },
  })
  const busy = await rowsPerDelivery(bench, {
    ...{ answer: { kind: 'after', ms: 20 }, pace: { senders: 100 } },
    ...{ events: 2_000, seconds },
  })
  const row = (about: string, { rows, delivered }: Written, atMost: number) => ({
    measure: `rows written for a delivered event${about}`,
    measured: `${rows} for ${delivered} events`,
    value: rows / delivered,
    target: { atMost, unit: 'rows' } as const,
  })
  const waited = row(' that had to wait', busy, 5)
  return { rows: [row('', idle, 4), waited], details: { idle, busy } }
}

interface Situation {
  readonly answer: SinkAnswer
  readonly pace: Pace
  readonly events: number
  readonly seconds: number
}

interface Written {
  readonly rows: number
  readonly delivered: number
}

async function rowsPerDelivery(bench: Bench, situation: Situation): Promise<Written> {
  const { answer, seconds, ...posts } = situation
  const sink = await startSink(bench, answer)
  const sender = await startSender(bench)
  const destinations = [{ kind: 'Kustomization', sink }]
  const relay = await startRelayProcess(bench, { destinations, isProbed: true })
  const ask = async () => (await relay.ask('rows' satisfies ProbeQuestion)) as number
  const before = await rowsAtRest(ask)
  const load = { ...posts, seconds, stream: 'rows', kind: 'Kustomization', objects: posts.events }
  const { arrivals } = await runDelivery({ side: relay, sink, sender, load, seconds })
  // The last ones are written after they have arrived.
  await delay(1_000)
  const written = { rows: (await ask()) - before, delivered: arrivals.count }
  // Else a database that the probe cannot see would pass for one that writes nothing.
  if (written.rows === 0) throw new Error('the probe saw no row of the database in its thread')
  await Promise.all([relay.stop(), sink.stop(), sender.stop()])
  return written
}

/** How many rows were written when none is for a while: some things follow from a configuration after the start. */
async function rowsAtRest(ask: () => Promise<number>): Promise<number> {
  for (let known = await ask(); ; ) {
    await delay(300)
    const now = await ask()
    if (now === known) return now
    known = now
  }
}
