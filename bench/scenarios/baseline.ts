import { EARLIER_COMMIT } from '../../test/support/earlier-release.ts'
import { checkOutBaseline } from '../baseline.ts'
import type { Bench } from '../processes.ts'
import { startRelayProcess } from '../relay-process.ts'
import { formatNumber, type Outcome } from '../report.ts'
import { median, rounds, type Scale, type Scenario } from '../scenario.ts'
import { startSender } from '../sender.ts'
import { startSink } from '../sink.ts'
import { underLoad } from './throughput.ts'

export const baseline: Scenario = {
  name: 'baseline',
  about: `rate and CPU beside the commit ${EARLIER_COMMIT}`,
  measure: measureBesideBaseline,
}

async function measureBesideBaseline(bench: Bench, scale: Scale): Promise<Outcome> {
  const old = checkOutBaseline(bench)
  if (typeof old === 'string') return { rows: [], skipped: old }
  const sink = await startSink(bench, { kind: 'at-once' })
  const parts = { sink, sender: await startSender(bench), seconds: scale.seconds }
  const destinations = [{ kind: 'Kustomization', sink }]
  const results = await rounds(scale.rounds, async (round) => {
    const before = await startRelayProcess(bench, { destinations, ...old })
    const baseline = await underLoad(parts, before, `baseline-${round}`)
    const present = await startRelayProcess(bench, { destinations })
    return { baseline, present: await underLoad(parts, present, `present-${round}`) }
  })
  type Result = (typeof results)[number]['present']
  const ratio = (of: (result: Result) => number) =>
    median(results.map((it) => of(it.present) / of(it.baseline)))
  const text = (of: (result: Result) => number, unit: string) => {
    const middle = (side: 'baseline' | 'present') =>
      formatNumber(median(results.map((it) => of(it[side]))))
    return `${middle('present')} beside ${middle('baseline')} ${unit}`
  }
  return {
    details: { results },
    rows: [
      {
        measure: `delivered/s, beside ${EARLIER_COMMIT}`,
        measured: text((it) => it.deliveredPerSecond, '/s'),
        value: ratio((it) => it.deliveredPerSecond),
        target: { atLeast: 10, unit: 'x' },
      },
      {
        measure: `CPU per delivered event, beside ${EARLIER_COMMIT}`,
        measured: text((it) => it.cpuMsPerDelivery, 'ms'),
        value: ratio((it) => it.cpuMsPerDelivery),
        target: { atMost: 0.2, unit: 'x' },
      },
    ],
  }
}
