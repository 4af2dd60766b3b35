import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { now } from '../marked-event.ts'
import type { EventLoopDelay, ProbeQuestion } from '../probe.ts'
import type { Bench, ServedProcess } from '../processes.ts'
import { benchObject, configBody, putConfig } from '../put-config.ts'
import { startRelayProcess } from '../relay-process.ts'
import { formatNumber, type Outcome, type Row } from '../report.ts'
import type { Scale, Scenario } from '../scenario.ts'

const ALERTS = 10_000
const EMPTY_OBJECTS = 2_000_000

export const largeConfig: Scenario = {
  name: 'large-config',
  about: 'longest wait of the event loop while 10,000 Alerts come, and 2,000,000 empty objects',
  measure: measureLargeConfig,
}

async function measureLargeConfig(bench: Bench, { divisor }: Scale): Promise<Outcome> {
  const relay = await startRelayProcess(bench, { destinations: [], isProbed: true })
  await put(relay, alertsBody(10), 200)
  const whole = await longestWait(relay, async () => {
    await put(relay, alertsBody(ALERTS / divisor), 200)
    await matchOne(relay)
  })
  const junk = gzipSync(`{"alerts":[${'{},'.repeat(EMPTY_OBJECTS / divisor)}{}]}`)
  const refused = await longestWait(relay, () => put(relay, junk, 413))
  return {
    details: { whole, refused },
    rows: [
      waitRow(`a set of ${ALERTS / divisor} Alerts is put and compiled`, whole),
      waitRow(`a set of ${EMPTY_OBJECTS / divisor} empty objects is refused`, refused),
    ],
  }
}

function alertsBody(count: number): string {
  const alerts = Array.from({ length: count }, (_, index) =>
    benchObject('Alert', `alert-${index}`, {
      providerRef: { name: 'sink' },
      eventSources: [{ kind: 'Kustomization', name: '*', namespace: `ns-${index % 500}` }],
      inclusionList: [`.*team-${index}.*`],
      exclusionList: [`^waiting.*for-${index}`],
      eventMetadata: { owner: `team-${index}`, text: 'x'.repeat(150) },
    }),
  )
  return configBody(alerts, [
    benchObject('Provider', 'sink', { type: 'generic', address: 'http://127.0.0.1:9/' }),
  ])
}

async function put(
  relay: ServedProcess,
  body: string | Uint8Array<ArrayBuffer>,
  expected: number,
): Promise<void> {
  const encoding: Record<string, string> =
    typeof body === 'string' ? {} : { 'content-encoding': 'gzip' }
  const status = await putConfig(relay, 'large', body, encoding)
  if (status !== expected) throw new Error(`PUT config: ${status} instead of ${expected}`)
}

/** Waits until an event was matched, for which the configuration is compiled. */
async function matchOne({ url }: ServedProcess): Promise<void> {
  const involvedObject = { kind: 'Kustomization', namespace: 'ns-1', name: 'app' }
  const event = { involvedObject, message: 'nothing', reason: 'none', severity: 'info' }
  const body = JSON.stringify({ ...event, timestamp: new Date().toISOString() })
  await fetch(`${url}/v1/clusters/large/events`, { method: 'POST', body })
  for (const end = now() + 60_000_000; now() < end; await delay(50)) {
    const response = await fetch(`${url}/v1/deliveries?cluster=large&limit=1`)
    const { deliveries } = (await response.json()) as { readonly deliveries: readonly unknown[] }
    if (deliveries.length > 0) return
  }
  throw new Error('the event was not matched within a minute')
}

async function longestWait(
  relay: ServedProcess,
  work: () => Promise<void>,
): Promise<EventLoopDelay> {
  await relay.ask('begin' satisfies ProbeQuestion)
  await work()
  return (await relay.ask('event-loop' satisfies ProbeQuestion)) as EventLoopDelay
}

function waitRow(while_: string, { p99, max }: EventLoopDelay): Row {
  return {
    measure: `event loop delay while ${while_}, at the most`,
    measured: `p99 ${formatNumber(p99)}, max ${formatNumber(max)} ms`,
    value: max,
    target: { atMost: 50, unit: 'ms' },
  }
}
