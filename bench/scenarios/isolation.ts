import { setTimeout as delay } from 'node:timers/promises'
import { startHangingHosts } from '../hanging-hosts.ts'
import { besideRow, startNeighbour } from '../neighbour.ts'
import type { Bench, ServedProcess } from '../processes.ts'
import { benchObject, configBody, putConfig } from '../put-config.ts'
import { startRelayProcess } from '../relay-process.ts'
import { formatNumber, type Outcome } from '../report.ts'
import type { Scale, Scenario } from '../scenario.ts'
import { startSender } from '../sender.ts'
import { startSink } from '../sink.ts'

const KIND = 'Kustomization'
const HANGING_HOSTS = 200
/** More than so many hosts can take while they hang. */
const LOUD_PER_SECOND = 200
const BURST = 100_000
const BURST_SENDERS = 32
const QUIET_SECONDS = 20

export const isolation: Scenario = {
  name: 'isolation',
  about: 'a cluster at 50/s beside one with 200 hosts that hang, and beside its burst of 100,000',
  measure: measureIsolation,
}

async function measureIsolation(bench: Bench, { seconds, divisor }: Scale): Promise<Outcome> {
  const hosts = await startHangingHosts(HANGING_HOSTS)
  try {
    return await measure(bench, hosts.urls, BURST / divisor, seconds)
  } finally {
    hosts.close()
  }
}

async function measure(
  bench: Bench,
  hanging: readonly string[],
  burst: number,
  seconds: number,
): Promise<Outcome> {
  const drain = await startSink(bench, { kind: 'at-once' })
  const loud = await startSender(bench)
  const relay = await startRelayProcess(bench, { destinations: [] })
  const neighbour = await startNeighbour(bench, KIND, () => eventsOf('quiet'))
  await configure(relay, 'quiet', [neighbour.sink.url])
  await configure(relay, 'loud', hanging)
  await configure(relay, 'burst', [drain.url])
  const eventsOf = (cluster: string) => `${relay.url}/v1/clusters/${cluster}/events`
  const about = { kind: KIND, objects: 500 }

  await neighbour.send('warm-up', 5)
  const alone = await neighbour.send('alone', QUIET_SECONDS)

  // Each of its events goes to one host, and each host gets one a second.
  const events = LOUD_PER_SECOND * (QUIET_SECONDS + 10)
  const hangs = { stream: 'hangs', pace: { perSecond: LOUD_PER_SECOND }, events }
  const posting = loud.send({
    ...{ ...about, ...hangs, objects: HANGING_HOSTS },
    ...{ seconds: QUIET_SECONDS + 10, url: eventsOf('loud') },
  })
  await delay(5_000)
  const beside = await neighbour.send('beside', QUIET_SECONDS)
  const posted = await posting

  const bursting = loud.send({
    ...{ ...about, stream: 'burst', pace: { senders: BURST_SENDERS }, events: burst },
    ...{ objects: 10_000, seconds, url: eventsOf('burst') },
  })
  await delay(1_000)
  const inBurst = await neighbour.send('in-burst', QUIET_SECONDS)
  const burstPosted = await bursting

  return {
    details: { alone, beside, inBurst, posted, burstPosted },
    rows: [
      besideRow(`p99 of a cluster at 50/s beside ${hanging.length} hosts that hang`, beside, alone),
      {
        measure: `p99 of a cluster at 50/s, later during another's burst of ${burst}`,
        measured: `${formatNumber(inBurst.latency.p99)} (${inBurst.count} came) beside ${formatNumber(alone.latency.p99)} ms`,
        value: inBurst.latency.p99 - alone.latency.p99,
        target: { atMost: 1_000, unit: 'ms' },
      },
    ],
  }
}

/** Gives a cluster a Provider for each address; with several, each gets the events of its own object. */
async function configure(
  relay: Pick<ServedProcess, 'url'>,
  cluster: string,
  addresses: readonly string[],
): Promise<void> {
  const providers = addresses.map((address, index) =>
    benchObject('Provider', `p${index}`, { type: 'generic', address, timeout: '15m' }),
  )
  const alerts = addresses.map((_, index) => {
    // As `markedEvent` names them.
    const name = addresses.length === 1 ? '*' : `app-${index}`
    const eventSources = [{ kind: KIND, name }]
    return benchObject('Alert', `p${index}`, { providerRef: { name: `p${index}` }, eventSources })
  })
  const status = await putConfig(relay, cluster, configBody(alerts, providers))
  if (status !== 200) throw new Error(`PUT config: ${status}`)
}
