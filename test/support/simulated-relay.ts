import { SqliteConfigStore } from '../../adapters/sqlite/config.ts'
import { SqliteLedger } from '../../adapters/sqlite/ledger.ts'
import { SqliteQueue } from '../../adapters/sqlite/queue.ts'
import { SqliteStateStore } from '../../adapters/sqlite/state.ts'
import { SqliteWaitingLines } from '../../adapters/sqlite/waiting-lines.ts'
import { createWokenDeliveries } from '../../hosts/embedded/woken-deliveries.ts'
import { createWorker, type QuarantinedMessage } from '../../hosts/embedded/worker.ts'
import type { KubernetesObject } from '../../relay/model/kubernetes.ts'
import { accept } from '../../relay/pipeline/accept.ts'
import { createDestinations } from '../../relay/pipeline/destinations/destinations.ts'
import { createDispatcher } from '../../relay/pipeline/dispatch.ts'
import { createOrderTimes } from '../../relay/pipeline/order.ts'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import { ALL_LIVE } from '../../relay/ports/cluster-modes.ts'
import type { HttpClient } from '../../relay/ports/http.ts'
import { NO_CLOUD_IDENTITIES } from '../../relay/ports/no-cloud-identities.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import type { MemoryDisk } from './memory-disk.ts'
import { CLUSTER } from './relay-harness.ts'
import { secretsFound } from './secret-store.ts'

export interface SimulatedRelayOptions {
  readonly disk: MemoryDisk
  readonly clock: Clock
  readonly manifests: readonly KubernetesObject[]
  readonly http: HttpClient
  readonly placesPerHost: number
  readonly onSetAside: (message: QuarantinedMessage) => void
}

/** One process of the relay, from its start to its death: the host's own worker on a disk. */
export interface SimulatedRelay {
  /** Accepts an event; resolves with its id once it is acknowledged. Never settles after `kill`. */
  post(event: object): Promise<string>
  /** Ends it at once, whatever is under way. */
  kill(): void
}

/** Starts the relay on what the processes before left on the disk. */
export async function startSimulatedRelay(options: SimulatedRelayOptions): Promise<SimulatedRelay> {
  const { disk, clock, manifests, placesPerHost } = options
  const { database, cut } = disk.use()
  let isKilled = false
  const queue = new SqliteQueue(database, clock)
  await queue.loaded()
  const ports: Ports = {
    queue,
    clock,
    state: new SqliteStateStore(database, clock),
    ledger: new SqliteLedger(database, clock),
    configs: new SqliteConfigStore(database, clock),
    modes: ALL_LIVE,
    secrets: secretsFound(() => ({ token: 'a token' })),
    identities: NO_CLOUD_IDENTITIES,
    http: {
      // What a dead process would still send is not sent.
      send: (...request) =>
        isKilled ? new Promise(() => undefined) : options.http.send(...request),
    },
    nats: { publish: () => Promise.reject(new Error('no Provider publishes to NATS')) },
    mail: { send: () => Promise.reject(new Error('no Provider sends mail')) },
    orderTimes: createOrderTimes(await queue.latestOrderTime()),
    observer: { decided: () => undefined },
  }
  await ports.configs.replace(await reconcile(CLUSTER, manifests, clock.now(), ports.secrets))
  const waiting = new SqliteWaitingLines(database)
  const destinations = createDestinations(clock, { placesPerHost, waiting })
  await destinations.resume()
  const dispatching = { noCrossNamespaceRefs: false, rateLimitIntervalMs: 300_000 }
  const worker = createWorker({
    queue,
    woken: createWokenDeliveries(destinations, queue, clock),
    dispatcher: createDispatcher(ports, dispatching, destinations),
    clock,
    onFailure: () => undefined,
    onSetAside: options.onSetAside,
  })
  worker.start()
  return {
    async post(event) {
      const sender = { cluster: CLUSTER, isNotificationController: false }
      const { events } = accept([{ value: event }], sender, clock.now(), ports.orderTimes)
      await queue.send(events)
      return events[0]?.id ?? ''
    },
    kill() {
      isKilled = true
      cut()
      void worker.stop(0)
    },
  }
}
