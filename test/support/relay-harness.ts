import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createNatsPublisher } from '../../adapters/nats/publisher.ts'
import { createMailer } from '../../adapters/smtp/mailer.ts'
import { SqliteConfigStore } from '../../adapters/sqlite/config.ts'
import { SqliteLedger } from '../../adapters/sqlite/ledger.ts'
import { SqliteQueue } from '../../adapters/sqlite/queue.ts'
import { openRelayDatabase, type Pace } from '../../adapters/sqlite/relay-database.ts'
import { SqliteStateStore } from '../../adapters/sqlite/state.ts'
import { SqliteWaitingLines } from '../../adapters/sqlite/waiting-lines.ts'
import { createWokenDeliveries } from '../../hosts/embedded/woken-deliveries.ts'
import type { WokenDeliveries } from '../../hosts/embedded/worker.ts'
import type { KubernetesObject } from '../../relay/model/kubernetes.ts'
import { type SecretData, storedSecret } from '../../relay/model/secret.ts'
import { accept } from '../../relay/pipeline/accept.ts'
import { withDamageReports } from '../../relay/pipeline/damaged-memory.ts'
import {
  createDestinations,
  type Destinations,
  type Wakes,
} from '../../relay/pipeline/destinations/destinations.ts'
import {
  createDispatcher,
  type Dispatcher,
  type DispatchOptions,
  type ProviderTests,
} from '../../relay/pipeline/dispatch.ts'
import { createOrderTimes } from '../../relay/pipeline/order.ts'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import type { HttpResponse, OutboundRequest, TransportFailure } from '../../relay/ports/http.ts'
import { NO_CLOUD_IDENTITIES } from '../../relay/ports/no-cloud-identities.ts'
import type { OrderTimes } from '../../relay/ports/order-times.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import type { DamagedMemory } from '../../relay/ports/state-store.ts'
import { type ShownDecision, type ShownRecord, shown, shownDecision } from './delivery-records.ts'
import { ManualClock, START } from './manual-clock.ts'
import { type FixtureName, fixtureJson } from './notifications.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export const CLUSTER = 'local'
type Answer = HttpResponse | TransportFailure
type Destination = (request: OutboundRequest) => Answer | Promise<Answer>

export function answer(status: number, headers: Record<string, string> = {}, body = ''): Answer {
  return { kind: 'response', status, headers, body, truncated: false, receivedAt: START }
}

export function noAnswer(mayHaveArrived: boolean): TransportFailure {
  const cause = mayHaveArrived ? 'timeout' : 'connect'
  return { kind: 'failure', cause, mayHaveArrived, detail: 'test' }
}

/** The core on real SQLite stores, with a clock and destinations that the test moves. */
export interface Harness {
  readonly ports: Ports
  readonly clock: ManualClock
  readonly queue: SqliteQueue
  /** What destinations wake. */
  readonly woken: WokenDeliveries
  readonly destinations: Destinations & Wakes
  readonly dispatcher: Dispatcher & ProviderTests
  readonly decisions: ShownDecision[]
  /** What was reported of memories that are damaged. */
  readonly damages: DamagedMemory[]
  readonly requests: OutboundRequest[]
  readonly secrets: Map<string, SecretData>
  /** The clusters that are observed. */
  readonly observed: Set<string>
  /** What every request gets from now on. */
  answerWith(destination: Destination): void
  configure(...manifests: readonly KubernetesObject[]): Promise<void>
  /** Accepts a fixture, with top-level JSON fields changed, for the cluster. */
  send(name: FixtureName, changes?: Record<string, unknown>): Promise<void>
  sendJson(value: unknown, cluster?: string): Promise<void>
  /** Dispatches all that is available now. */
  drain(): Promise<void>
  /** When the next retry is due, or the next delivery woken; undefined when nothing waits for a time. */
  nextWakeAt(): number | undefined
  /** Moves the clock to the next due retry and dispatches; false when nothing waits. */
  drainNext(): Promise<boolean>
  /** Lets so much time pass, in milliseconds, in which the relay does what is due. */
  pass(ms: number): Promise<void>
  records(): Promise<readonly ShownRecord[]>
  /** Rows inserted, updated or deleted so far: https://sqlite.org/lang_corefunc.html#total_changes */
  rowsChanged(): Promise<number>
  /** Deletes what has expired. */
  sweep(): Promise<void>
  /** Lets go of the database. */
  close(): Promise<void>
}

/** `parts` take the place of what the harness has; `pace` is that of its database. */
export function createHarness(
  options: Partial<DispatchOptions> = {},
  parts: Partial<Ports> & { readonly directory?: string; readonly pace?: Pace } = {},
): Harness {
  const { directory = temporaryDirectory(), pace, ...replaced } = parts
  const clock = new ManualClock(START)
  const database = openRelayDatabase(join(directory, 'flux-relay.db'), pace)
  // Else what is written soon after a test is written in the next one.
  onTestFinished(() => database.close())
  const queue = new SqliteQueue(database, clock)
  const secrets = new Map<string, SecretData>()
  const observed = new Set<string>()
  const requests: OutboundRequest[] = []
  const decisions: ShownDecision[] = []
  let destination: Destination = () => answer(200)
  let orderTimes: OrderTimes | undefined
  const configs = new SqliteConfigStore(database, clock)
  const damages: DamagedMemory[] = []
  const stored = new SqliteStateStore(database, clock)
  const { damaged } = withDamageReports(stored, clock, (damage) => damages.push(damage))
  const state = Object.assign(stored, { damaged })
  const ledger = new SqliteLedger(database, clock)
  const ports: Ports = {
    queue,
    clock,
    orderTimes: { next: (event) => orderTimes?.next(event) ?? 0 },
    configs,
    modes: { isObserved: async (cluster) => observed.has(cluster) },
    state,
    ledger,
    secrets: {
      async read(cluster, ns, name) {
        const data = secrets.get(`${cluster}/${ns}/${name}`)
        return data && storedSecret(data)
      },
    },
    http: {
      async send(request) {
        requests.push(request)
        return destination(request)
      },
    },
    nats: createNatsPublisher({ allowPrivate: true }),
    mail: createMailer({ allowPrivate: true }),
    identities: NO_CLOUD_IDENTITIES,
    observer: { decided: (decision) => decisions.push(shownDecision(decision)) },
    ...replaced,
  }
  const destinations = createDestinations(clock, { waiting: new SqliteWaitingLines(database) })
  const woken = createWokenDeliveries(destinations, queue, clock)
  const dispatcher = createDispatcher(
    ports,
    { noCrossNamespaceRefs: false, rateLimitIntervalMs: 5 * 60_000, ...options },
    destinations,
  )

  const harness: Harness = {
    ports,
    clock,
    queue,
    woken,
    destinations,
    dispatcher,
    decisions,
    damages,
    requests,
    secrets,
    observed,
    answerWith(next) {
      destination = next
    },
    async configure(...manifests) {
      const snapshot = await reconcile(CLUSTER, manifests, clock.now(), ports.secrets)
      await ports.configs.replace(snapshot)
    },
    send: (name, changes = {}) => harness.sendJson({ ...fixtureJson(name), ...changes }),
    async sendJson(value, cluster = CLUSTER) {
      orderTimes ??= createOrderTimes(await queue.latestOrderTime())
      const sender = { cluster, isNotificationController: false }
      const { events, rejected } = accept([{ value }], sender, clock.now(), ports.orderTimes)
      if (rejected.length > 0) throw new Error(rejected[0]?.error)
      await queue.send(events)
    },
    async drain() {
      for (;;) {
        const events = await queue.leaseEvents(100)
        const retries = await queue.leaseRetries(100)
        const ready = woken.take(100)
        if (events.length + retries.length + ready.length === 0) return
        // They have places already, for which the others may wait.
        for (const retry of ready) await dispatcher.dispatchRetry(retry)
        for (const event of events) {
          await dispatcher.dispatchEvent(event)
          await queue.acknowledge(event)
        }
        for (const retry of retries) {
          await dispatcher.dispatchRetry(retry)
          await queue.acknowledgeRetry(retry)
        }
      }
    },
    nextWakeAt() {
      const times = [queue.nextWakeAt(), woken.nextWakeAt()].filter((at) => at !== undefined)
      return times.length === 0 ? undefined : Math.min(...times)
    },
    async drainNext() {
      await queue.loaded()
      const wakeAt = harness.nextWakeAt()
      if (wakeAt === undefined) return false
      // What is due already is no reason to set the clock back.
      clock.set(Math.max(wakeAt, clock.now()))
      await harness.drain()
      return true
    },
    async pass(ms) {
      const end = clock.now() + ms
      const next = () => harness.nextWakeAt()
      for (let at = next(); at !== undefined && at <= end; at = next()) await harness.drainNext()
      clock.set(end)
    },
    async rowsChanged() {
      // With what may wait for another write.
      await database.write([])
      const [row] = await database.read<{ rows: number }>('SELECT total_changes() AS rows')
      return row?.rows ?? 0
    },
    async sweep() {
      for (const store of [queue, state, ledger, configs]) await store.sweep(clock.now())
    },
    close: () => database.close(),
    records: async () => (await ports.ledger.list({}, 200)).records.map(shown),
  }
  return harness
}

/** An Alert of flux-system; `spec` parts replace the defaults. */
export function alert(name: string, provider: string, spec: Record<string, unknown> = {}) {
  return {
    apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
    kind: 'Alert',
    metadata: { name, namespace: 'flux-system' },
    spec: {
      providerRef: { name: provider },
      eventSources: [{ kind: 'Kustomization', name: '*' }],
      ...spec,
    },
  }
}

export function provider(name: string, spec: Record<string, unknown>) {
  return {
    apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
    kind: 'Provider',
    metadata: { name, namespace: 'flux-system', uid: '0c9c2e41-d2f9-4f9b-9c41-bebc1984d67a' },
    spec,
  }
}

/** The guide's GitHub Provider and its Alert. */
export function githubPair() {
  return [
    provider('github', {
      type: 'github',
      address: 'https://github.com/example/fleet-infra',
      secretRef: { name: 'github' },
    }),
    alert('podinfo', 'github'),
  ]
}
