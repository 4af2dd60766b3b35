import { expect, it } from 'vitest'
import { startCluster } from '../../../support/kubernetes/cluster.ts'
import { eventManifest } from '../../../support/kubernetes/event-manifests.ts'
import { startShipperIn } from '../../../support/kubernetes/shipper.ts'
import { alertObject, providerObject } from '../../../support/notification-objects.ts'
import { startSink, unusedPort } from '../../../support/recording-sink.ts'
import { kustomizationEvent, manifestsFolder } from '../../../support/relay-manifests.ts'
import { startRelay } from '../../../support/relay-process.ts'
import { eventually } from '../../../support/served.ts'
import { arrivals, tokensFlags } from '../../../support/shipped-events.ts'
import { temporaryDirectory } from '../../../support/temporary-directory.ts'
import { waitFor } from '../../../support/wait-for.ts'

/** More of them: `FLUX_RELAY_SHIPPER_KILLS=40 npm test -- test/hosts/shipper/kubernetes/kill.test.ts`. */
const KILLS = Number(process.env.FLUX_RELAY_SHIPPER_KILLS ?? 2)

/** What becomes of the API server and the relay while the shipper is killed, in turns. */
const FAULTS = ['none', 'api-restarts', 'api-drops', 'relay-is-away'] as const

it(
  'loses no event that was posted or written, and brings none twice, however often it is killed',
  async () => {
    const cluster = await startCluster()
    const sink = await startSink({ 'POST /hook': { status: 200 } })
    const port = await unusedPort()
    const data = temporaryDirectory()
    const relayArguments = {
      manifests: manifestsFolder({}),
      data: temporaryDirectory(),
      flags: [...tokensFlags('cluster-token'), '--port', String(port)],
    }
    let relay = await startRelay(relayArguments)
    const startShipper = () =>
      startShipperIn(cluster, {
        ...{ relay: `http://127.0.0.1:${port}`, data },
        flags: ['--watch-events', 'Kustomization'],
      })
    await cluster.apply(providerObject('slack', { address: `${sink.url}/hook` }))
    await cluster.apply(alertObject('all'))
    // The relay would wait for a configuration, longer each time.
    const first = await startShipper()
    await eventually(async () => expect(await first.metric('shipper_alerts')).toBe(1))
    await first.end('SIGKILL')
    const mustArrive = new Set<number>()
    const mayArrive = new Set<number>()
    let next = 0

    for (let kill = 0; kill < KILLS; kill += 1) {
      const fault = FAULTS[kill % FAULTS.length]
      if (fault === 'relay-is-away') await relay.end('SIGTERM')
      const shipper = await startShipper()
      let isKilled = false
      const killed = randomly(200, 1_500).then(async () => {
        try {
          // However little is done in that time on a busy machine: less would prove nothing.
          await waitFor(() => expect(mustArrive.size).toBeGreaterThan(5 * (kill + 1)))
          if (fault === 'api-restarts') await cluster.restart()
          if (fault === 'api-drops') cluster.dropConnections()
        } finally {
          isKilled = true
        }
        await shipper.end('SIGKILL')
      })
      while (!isKilled) {
        const index = next
        next += 1
        const [isPosted, isWritten] = [index % 3 !== 0, index % 3 !== 1]
        const name = `app-${index % 5}`
        const event = kustomizationEvent(name, String(index), `event ${index}`)
        const object = eventManifest(`${name}.${index}`, {
          ...{ object: event.involvedObject, message: event.message, at: Date.now() },
          // One that is not posted would wait 20 s for that; with posts of others it waits for these.
          ...(!isPosted && { reporter: 'another-controller' }),
        })
        mayArrive.add(index)
        // A server that restarts may take a write and not answer it.
        if (isWritten && (await isDone(cluster.apply(object)))) mustArrive.add(index)
        if (isPosted && (await isDone(taken(shipper.post(event))))) mustArrive.add(index)
        await randomly(0, 20)
      }
      await killed
      if (fault === 'relay-is-away') relay = await startRelay(relayArguments)
    }
    const last = await startShipper()
    // An Event whose post was cut off by the kill is held for 20 s.
    await waitFor(() => {
      const arrived = new Set(arrivals(sink))
      expect([...mustArrive].filter((index) => !arrived.has(index))).toEqual([])
    }, 90_000)
    await eventually(async () => expect(await last.metric('spool_events')).toBe(0))
    await eventually(async () => expect(await relay.metric('flux_relay_queue_depth')).toBe(0))

    const arrived = arrivals(sink)
    expect(arrived.filter((index) => !mayArrive.has(index))).toEqual([])
    expect(arrived.filter((index, place) => arrived.indexOf(index) !== place)).toEqual([])
    expect(mustArrive.size).toBeGreaterThan(5 * KILLS)
  },
  180_000 + KILLS * 6_000,
)

/** After a time in milliseconds between the two. */
async function randomly(least: number, most: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, least + Math.random() * (most - least)))
}

async function taken(answer: Promise<Response>): Promise<void> {
  const { status } = await answer
  if (status !== 202) throw new Error(`answered with ${status}`)
}

async function isDone(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  )
}
