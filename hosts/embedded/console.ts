import type { ConsoleRelay } from '../../console/relay.ts'
import {
  dismissDelivery,
  listDeliveries,
  replayDelivery,
  showDelivery,
} from '../../relay/api/deliveries.ts'
import { answerEvent } from '../../relay/api/event-query.ts'
import { explain } from '../../relay/api/explain.ts'
import { listClusters } from '../../relay/api/list-clusters.ts'
import { listEvents } from '../../relay/api/list-events.ts'
import { listObjects } from '../../relay/api/list-objects.ts'
import { type OverviewPorts, showOverview } from '../../relay/api/overview.ts'
import { createProviderTests, type ProviderTestParts } from '../../relay/api/provider-tests.ts'
import type { Route } from '../../relay/api/route.ts'
import { endSilence } from '../../relay/api/routes/silences.ts'
import { createRulesReader } from '../../relay/api/rules-of-then.ts'
import { showConfig } from '../../relay/api/show-config.ts'
import { createSilence, listSilences } from '../../relay/api/silences.ts'
import type { ExplainOptions } from '../../relay/pipeline/explain/explain.ts'
import type { ConfigHistory } from '../../relay/ports/config-history.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import { consoleRoutes } from '../kit/console/routes.ts'
import { createSessions, type Sessions } from '../kit/console/sessions.ts'
import type { Log } from '../kit/log.ts'
import type { RunningDeliveryFeed } from './delivery-feed.ts'
import { liveRows } from './live-rows.ts'
import type { StreamRouteParts } from './routes/delivery-stream.ts'
import { tokenSenders } from './senders.ts'
import { silenceEnded } from './silence-ended.ts'
import type { Tokens } from './tokens.ts'

/** What the console of this host is made of. */
export interface EmbeddedConsoleParts
  extends Pick<OverviewPorts, 'clusters' | 'counts' | 'destinations' | 'waiting'>,
    Pick<ProviderTestParts, 'runTest'> {
  readonly ports: Ports
  readonly history: ConfigHistory
  readonly feed: StreamRouteParts['feed'] & Pick<RunningDeliveryFeed, 'position'>
  /** Undefined without `--tokens`: then the console is as open as the rest. */
  readonly tokens: () => Tokens | undefined
  /** Those by which the host dispatches. */
  readonly explaining: ExplainOptions
  readonly log: Pick<Log, 'info' | 'error'>
}

/** The console of this host, which asks its own stores. */
export function embeddedConsole(parts: EmbeddedConsoleParts): readonly Route[] {
  const { ports, log } = parts
  return consoleRoutes({
    relay: ownRelay(parts),
    clock: ports.clock,
    sessions: sessionsOf(parts),
    live: liveRows(parts),
    onFailure: (err, path) => log.error({ err, path }, 'a page of the console failed'),
  })
}

function ownRelay(parts: EmbeddedConsoleParts): ConsoleRelay {
  const { ports, history, clusters, counts, destinations, waiting, explaining } = parts
  const { clock } = ports
  const testProvider = createProviderTests(parts)
  const onExpired = (cluster: string, id: string) => silenceEnded(parts, cluster, id)
  const eventPorts = {
    ...ports,
    rules: createRulesReader(history, ports.configs, explaining.pause),
  }
  return {
    showOverview: () => showOverview({ ...ports, clusters, counts, destinations, waiting }),
    listDeliveries: (parameters) => listDeliveries(ports, parameters),
    livePosition: async () => parts.feed.position(),
    showDelivery: (id) => showDelivery(ports, id),
    replayDelivery: (id, by) => replayDelivery(ports, id, by),
    dismissDelivery: (id, body, by) => dismissDelivery(ports, id, body, by),
    listEvents: (parameters) => listEvents(eventPorts, parameters, explaining),
    showEvent: (id, parameters) => answerEvent(eventPorts, id, parameters, explaining),
    explainEvent: (body) => explain({ ...ports, told: ports }, body, explaining),
    testProvider: (namespace, name, body, by) => testProvider({ ...body, namespace, name, by }),
    listSilences: (cluster) => listSilences(ports, cluster, explaining.pause),
    createSilence: (cluster, body, by) => createSilence(ports, cluster, body, by),
    expireSilence: (cluster, id, by) => endSilence({ ports, onExpired }, cluster, id, by),
    listClusters: () => listClusters({ clusters, clock }),
    showConfig: (cluster) => showConfig(ports, cluster),
    listObjects: (cluster, parameters) => listObjects({ ...ports, counts }, cluster, parameters),
  }
}

function sessionsOf({ tokens, ports }: EmbeddedConsoleParts): () => Sessions | undefined {
  const first = tokens()
  if (first === undefined) return () => undefined
  const { operatorOf = () => undefined } = tokenSenders(() => tokens() ?? first)
  const sessions = createSessions(operatorOf, ports.clock)
  return () => sessions
}
