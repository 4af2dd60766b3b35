import { DatabaseError } from '../../adapters/sqlite/database-error.ts'
import { createEdge, type Edge, type EdgeParts } from '../../relay/api/edge.ts'
import { type EdgeRequest, headerOf } from '../../relay/api/http.ts'
import { OPERATIONS } from '../../relay/api/operations.ts'
import type { EventCounts } from '../../relay/api/receive-events.ts'
import type { RefusedRequest } from '../../relay/api/refused-request.ts'
import type { Route } from '../../relay/api/route.ts'
import { clusterRoutes } from '../../relay/api/routes/clusters.ts'
import { configRoutes } from '../../relay/api/routes/config.ts'
import { deliveryRoutes } from '../../relay/api/routes/deliveries.ts'
import { eventsRoute, singleEventRoute } from '../../relay/api/routes/events.ts'
import { explainRoutes } from '../../relay/api/routes/explain.ts'
import { fleetRoutes } from '../../relay/api/routes/fleet.ts'
import { overviewRoutes } from '../../relay/api/routes/overview.ts'
import { providerRoutes } from '../../relay/api/routes/providers.ts'
import { quarantineRoutes } from '../../relay/api/routes/quarantine.ts'
import { secretRoutes } from '../../relay/api/routes/secrets.ts'
import { silenceRoutes } from '../../relay/api/routes/silences.ts'
import type { RunTest } from '../../relay/api/test-provider.ts'
import type {
  Destinations,
  FailingDestinations,
} from '../../relay/pipeline/destinations/destinations.ts'
import type { ExplainOptions } from '../../relay/pipeline/explain/explain.ts'
import type { Clusters } from '../../relay/ports/clusters.ts'
import type { ConfigHistory } from '../../relay/ports/config-history.ts'
import type { DeliveryFeed } from '../../relay/ports/delivery-feed.ts'
import type { OutcomeCounts } from '../../relay/ports/outcome-counts.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import type { Quarantine } from '../../relay/ports/quarantine.ts'
import type { SecretWriter } from '../../relay/ports/secret-store.ts'
import type { WaitingCounts } from '../../relay/ports/waiting-lines.ts'
import { createBodyRoom } from '../kit/body-room.ts'
import { createDoorLog, type DoorLog } from '../kit/door-log.ts'
import type { Log } from '../kit/log.ts'
import { probeRoutes } from '../kit/probes.ts'
import { configurationCame } from './configuration-came.ts'
import type { Configurations } from './configurations/configurations.ts'
import type { StreamLimits } from './delivery-stream.ts'
import type { Echo } from './echo.ts'
import { fleetCame } from './fleet-came.ts'
import { createFollowedSets } from './followed-sets.ts'
import { foreignProblem } from './loopback.ts'
import type { Metrics } from './metrics.ts'
import type { NotTakenCounts } from './not-taken-counts.ts'
import { deliveryStreamRoute } from './routes/delivery-stream.ts'
import { echoRoutes } from './routes/echo.ts'
import { anySender, tokenSenders } from './senders.ts'
import { silenceEnded } from './silence-ended.ts'
import type { Spools } from './spools.ts'
import type { Tokens } from './tokens.ts'
import type { TurnGate } from './turn-gate.ts'

/** What the server needs of its host. */
export interface ServerDependencies {
  readonly ports: Ports
  readonly configurations: Configurations
  readonly clusters: Clusters
  /** The configurations of before. */
  readonly history: ConfigHistory
  /** Told of each configuration that comes, and asked what fails. */
  readonly destinations: Pick<Destinations, 'review'> & FailingDestinations
  readonly counts: OutcomeCounts
  readonly waiting: WaitingCounts
  /** Keeps the Secrets of clusters other than the host's own. */
  readonly secretWriter: SecretWriter
  readonly quarantine: Quarantine
  /** Tells of deliveries that change. */
  readonly feed: DeliveryFeed
  /** Other limits for streams of deliveries than the usual ones. */
  readonly streamLimits?: Partial<StreamLimits>
  /** Makes the attempt of a test of a Provider. */
  readonly runTest: RunTest
  /** The cluster of `--cluster`: without tokens, whose events `POST /` takes. */
  readonly cluster: string
  /**
   * Undefined without `--tokens`: all is allowed then, from this machine only. Others may take their
   * place while the server runs.
   */
  readonly tokens: Tokens | undefined
  readonly echo: Echo
  readonly metrics: Metrics
  /** Told of events that did not get in. */
  readonly notTaken: Pick<NotTakenCounts, 'count'>
  readonly spools: Pick<Spools, 'told'>
  /** Delays new events, so that work under way gets its time. */
  readonly gate: TurnGate
  readonly log: Log
  /** Why the relay is not ready; undefined when it is. */
  readonly ready: () => string | undefined
  /** What this host dispatches by, to explain events. */
  readonly explaining: Omit<ExplainOptions, 'pause'>
  /** Whether the manifests folder owns the cluster's configuration and Secrets. */
  readonly ownsConfig: (cluster: string) => boolean
  /** Further routes of the host, such as the console. */
  readonly moreRoutes?: readonly Route[]
}

/** The application: every route of the server, and who may use it. */
export function createApp(deps: ServerDependencies): Edge {
  const door = createDoorLog(
    (level, fields, message) => deps.log[level](fields, message),
    deps.ports.clock,
    deps.notTaken.count,
  )
  return createEdge({
    routes: allRoutes(deps, door),
    ...accessOf(deps, door),
    bodies: createBodyRoom(),
    isStoreFailure: (error) => error instanceof DatabaseError,
    onFailure: ({ cause, ...request }) =>
      deps.log.error({ err: cause, ...request }, 'request failed'),
  })
}

/** Every route of the server, in one table. */
function allRoutes(deps: ServerDependencies, door: DoorLog): readonly Route[] {
  const { ports, gate, metrics, configurations, ownsConfig, explaining } = deps
  const pause = () => new Promise<void>(gate.goOn)
  const events = {
    ports,
    turn: (cluster: string) => gate.begin(cluster),
    pause,
    onReceived: (cluster: string, counts: EventCounts, spooled?: number) => {
      if (spooled !== undefined) deps.spools.told(cluster, spooled)
      metrics.received(cluster, counts)
      door.received(cluster, counts)
    },
  }
  return [
    eventsRoute(events),
    singleEventRoute(events),
    ...configRoutes({
      put: (request) => configurations.put(request),
      show: (cluster) => configurations.show(cluster),
      onStored: createFollowedSets(ports.clock, (cluster) => configurationCame(deps, cluster)),
      ownsConfig,
    }),
    ...secretRoutes({
      secretWriter: deps.secretWriter,
      async onStored(cluster) {
        await configurationCame(deps, cluster, () => configurations.judgeAgain(cluster))
      },
      ownsConfig,
    }),
    ...fleetRoutes({
      ...configurations.fleet,
      secretWriter: deps.secretWriter,
      onStored: () => fleetCame(deps),
    }),
    ...clusterRoutes({ clusters: deps.clusters, clock: ports.clock }),
    ...overviewRoutes({
      ...{ ledger: ports.ledger, configs: ports.configs, clock: ports.clock },
      ...{ clusters: deps.clusters, counts: deps.counts },
      ...{ destinations: deps.destinations, waiting: deps.waiting },
    }),
    ...deliveryRoutes(ports),
    deliveryStreamRoute({ ports, feed: deps.feed, limits: deps.streamLimits }),
    ...explainRoutes({ ports, history: deps.history, options: { ...explaining, pause } }),
    ...providerRoutes(deps),
    ...silenceRoutes({ ports, pause, onExpired: (cluster, id) => silenceEnded(deps, cluster, id) }),
    ...quarantineRoutes(deps.quarantine),
    ...probeRoutes(deps),
    ...echoRoutes(deps.echo),
    ...(deps.moreRoutes ?? []),
  ]
}

/** Paths whose senders do not look at a 401, so that somebody has to be told of it. */
const EVENT_PATHS: ReadonlySet<string | undefined> = new Set([
  OPERATIONS.postEvents.path,
  OPERATIONS.postEvent.path,
])

type AccessParts = Pick<EdgeParts, 'senders' | 'guard' | 'onRefused'>

function accessOf(deps: ServerDependencies, door: DoorLog): AccessParts {
  const { cluster, ports, tokens } = deps
  const onRefused = (refused: RefusedRequest) => {
    door.refused(refused)
    if (refused.isCutOff) return
    deps.metrics.refused(refused)
    if (refused.problem.code === 'unauthorized' && EVENT_PATHS.has(refused.path)) {
      deps.metrics.unauthorized()
    }
  }
  if (tokens === undefined) {
    return { senders: anySender(cluster, ports.configs), guard: foreignOf, onRefused }
  }
  return { senders: tokenSenders(() => deps.tokens ?? tokens), onRefused }
}

function foreignOf(request: EdgeRequest) {
  return foreignProblem({
    method: request.method,
    url: request.origin,
    origin: headerOf(request, 'origin'),
  })
}
