import { getHeapStatistics } from 'node:v8'
import { createHttpClient } from '../../adapters/http/client.ts'
import { createLookUps } from '../../adapters/http/look-ups.ts'
import type { OutboundEnvironment } from '../../adapters/http/outbound-environment.ts'
import { createNatsPublisher } from '../../adapters/nats/publisher.ts'
import { createMailer } from '../../adapters/smtp/mailer.ts'
import manifest from '../../package.json' with { type: 'json' }
import { withDamageReports } from '../../relay/pipeline/damaged-memory.ts'
import { createDestinations } from '../../relay/pipeline/destinations/destinations.ts'
import { createDispatcher } from '../../relay/pipeline/dispatch.ts'
import { createOrderTimes } from '../../relay/pipeline/order.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import { NO_CLOUD_IDENTITIES } from '../../relay/ports/no-cloud-identities.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import { urlOf } from '../kit/http-server.ts'
import { createLog, type Log, logDecision } from '../kit/log.ts'
import { StartError } from '../kit/start-error.ts'
import { createConfigThread } from './configurations/thread.ts'
import { answersOf, createConfigurations } from './configurations/threaded.ts'
import { embeddedConsole } from './console.ts'
import { createDeliveryFeed, type RunningDeliveryFeed } from './delivery-feed.ts'
import { createEcho, echoAddress } from './echo.ts'
import { ECHO_SECRET } from './echo-secret.ts'
import { readingsOf } from './gauges/readings-of.ts'
import { lossEntry } from './gone-database.ts'
import { createKnownClusters, tokenCounts } from './known-clusters.ts'
import { listen } from './listen.ts'
import { ManifestsFolderError } from './manifests/folder.ts'
import { createManifestsConfig } from './manifests-config.ts'
import { createMetrics } from './metrics.ts'
import { createNotTakenCounts } from './not-taken-counts.ts'
import { observedClusters } from './observed-clusters.ts'
import { createOutcomeCounter } from './outcome-counter.ts'
import { forgetRetiredClusters } from './retired-clusters.ts'
import { createServedFolder } from './served-folder.ts'
import { type EmbeddedRelayParts, type WatchedClock, watchParts } from './set-clock.ts'
import { releaseAtStart } from './silence-ended.ts'
import { watchSilentClusters } from './silent-clusters.ts'
import { createSpools } from './spools.ts'
import { stopRelay } from './stop-relay.ts'
import { openStores, type Stores } from './stores.ts'
import { tellOfDamage, tellOfFailures } from './tell-of-failures.ts'
import { TokensFileError } from './tokens.ts'
import { openLoggedTokens, type TokensFile } from './tokens-file.ts'
import { createTurnGate, type TurnGate } from './turn-gate.ts'
import { createWokenDeliveries } from './woken-deliveries.ts'
import { createWorker } from './worker.ts'

/** What `flux-relay serve` is told. */
export interface EmbeddedRelayOptions {
  /** Folder, or file, of manifests; without one every cluster sends its configuration. */
  readonly manifests?: string
  /** Folder of the database; made when it is not there. */
  readonly data: string
  /** The port; 0 for any free one. */
  readonly port: number
  readonly host: string
  /** The cluster that the manifests are for. */
  readonly cluster: string
  /** A YAML file; without it, only this machine may use the relay. */
  readonly tokens?: string
  readonly noCrossNamespaceRefs: boolean
  readonly denyPrivateAddresses: boolean
  /** How this host reaches what is elsewhere, where a Provider does not say. */
  readonly outbound?: OutboundEnvironment
  /** How long a repeat is suppressed, in milliseconds; 0 suppresses none. */
  readonly rateLimitIntervalMs: number
  /** Where people open this relay, without a slash at its end. */
  readonly publicUrl?: string
}

export interface EmbeddedRelay {
  readonly port: number
  /**
   * Takes nothing more and lets what is under way finish. What does not within `graceMs` stays
   * queued and is dispatched at the next start; it then resolves with false.
   */
  stop(graceMs: number): Promise<boolean>
}

/** Starts the relay on this machine. Rejects with `StartError` when a person has to mend something. */
export async function startEmbeddedRelay(
  options: EmbeddedRelayOptions,
  parts: EmbeddedRelayParts = {},
): Promise<EmbeddedRelay> {
  const looks = new DisposableStack()
  try {
    return await open(options, parts, looks)
  } catch (error) {
    looks.dispose()
    const isForPerson = error instanceof ManifestsFolderError || error instanceof TokensFileError
    throw isForPerson ? new StartError(error.message) : error
  }
}

/** `looks` gets what looks at something again and again, to end it with the relay, or if that does not start. */
async function open(
  options: EmbeddedRelayOptions,
  parts: EmbeddedRelayParts,
  looks: DisposableStack,
): Promise<EmbeddedRelay> {
  const watched = watchParts(parts)
  looks.defer(watched.stop)
  const { clock } = watched
  const log = await createLog({ pretty: process.stdout.isTTY === true, level: 'info' })
  const gate = createTurnGate()
  const feed = createDeliveryFeed({
    onFailure: (err) => log.error({ err }, 'a reader of changed deliveries failed, and is gone'),
  })
  const stores = await openStores(options.data, clock, {
    gate,
    onRecord: feed.changed,
    onSweepFailure: (err) =>
      log.error({ err }, 'expired rows could not be deleted, will be repeated'),
    onRemovalFailure: (err, events, retryInMs) =>
      log.error(
        { err, events, retryInMs },
        'what is done could not be deleted from the queue, will be repeated',
      ),
    log,
    onGone(loss) {
      log.error(...lossEntry(loss))
      process.exit(1)
    },
    onLost(err) {
      log.error({ err }, 'the database is lost, and the relay stops: start it again')
      process.exit(1)
    },
  })
  try {
    const tokensFile = await openLoggedTokens(options.tokens, log, () =>
      feed.endAll('tokens-changed'),
    )
    if (tokensFile) looks.defer(() => tokensFile.close())
    return await start(options, { stores, feed, gate, tokensFile, log, clock, watched, looks })
  } catch (error) {
    looks.dispose()
    await stores.close()
    throw error
  }
}

/** What is there before anything runs. */
interface Base {
  readonly stores: Stores
  readonly feed: RunningDeliveryFeed
  readonly gate: TurnGate
  readonly tokensFile: TokensFile | undefined
  readonly log: Log
  readonly clock: Clock
  readonly watched: WatchedClock
  readonly looks: DisposableStack
}

async function start(options: EmbeddedRelayOptions, base: Base): Promise<EmbeddedRelay> {
  const { cluster, noCrossNamespaceRefs, publicUrl } = options
  const { stores, feed, gate, tokensFile, log, clock } = base
  const tokens = () => tokensFile?.tokens
  const builtInSecrets = new Map<string, { readonly address: string }>()
  const pause = () => new Promise<void>(gate.goOn)
  const host = { noCrossNamespaceRefs }
  const served = options.manifests !== undefined && {
    path: options.manifests,
    config: createManifestsConfig({ cluster, others: stores, builtInSecrets, clock, host, pause }),
  }
  const { configs, secrets } = served ? served.config : stores
  const thread = createConfigThread({ answers: answersOf({ configs, secrets }), host })
  const addresses = { allowPrivate: !options.denyPrivateAddresses, resolve: createLookUps() }
  const userAgent = `flux-relay/${manifest.version}`
  const http = createHttpClient({ ...addresses, ...options.outbound, userAgent })
  const destinations = createDestinations(clock, { waiting: stores.waiting })
  const readings = readingsOf({
    stores,
    folder: served ? served.config : undefined,
    ...{ destinations, tokens },
  })
  const metrics = createMetrics({
    ...readings,
    queueDepth: () => stores.queue.depth(),
    quarantineDepth: () => stores.queue.quarantine.depth(),
    isWritable: () => !stores.trouble.isHeld(),
    overdue: stores.overdue,
    onFailure: (err) => log.error({ err }, 'some metrics could not be read, and are left out'),
    clock,
  })
  const outcomeCounter = createOutcomeCounter({
    store: stores.outcomeCounts,
    clock,
    onFailure: (err) => log.error({ err }, 'outcomes were counted, but could not be stored'),
  })
  const ports: Ports = {
    queue: stores.queue,
    state: withDamageReports(stores.state, clock, tellOfDamage(log, metrics)),
    ledger: stores.ledger,
    configs,
    modes: observedClusters(tokensFile),
    secrets,
    identities: NO_CLOUD_IDENTITIES,
    http,
    nats: createNatsPublisher({ ...addresses, ...options.outbound }),
    mail: createMailer({ ...addresses, ...options.outbound }),
    clock,
    orderTimes: createOrderTimes(await stores.queue.latestOrderTime()),
    observer: {
      decided(decision) {
        logDecision(log, decision)
        metrics.decided(decision)
        outcomeCounter.decided(decision)
      },
      tested: (decision) => logDecision(log, decision),
    },
  }
  base.watched.onSet((byMs) => {
    log.warn({ byMs }, 'the clock was set; what waits still waits as long as planned')
    stores.queue.clockWasSet(byMs)
  })
  await destinations.resume()
  const memoryBytes = getHeapStatistics().heap_size_limit
  const dispatcher = createDispatcher(ports, { ...options, pause, memoryBytes }, destinations)
  base.looks.defer(forgetRetiredClusters({ tokens, stores, clock, log }))
  const worker = createWorker({
    queue: stores.queue,
    woken: createWokenDeliveries(destinations, stores.queue, clock),
    dispatcher,
    gate,
    clock,
    hold: stores.trouble,
    ...tellOfFailures(log, metrics),
  })

  const explaining = { noCrossNamespaceRefs, pause, publicUrl }
  let notReady: string | undefined = 'the manifests are not loaded yet'
  const echo = createEcho(clock)
  const notTaken = createNotTakenCounts(clock)
  const spools = createSpools(clock)
  const clusters = createKnownClusters({
    ...{ ...readings.clusters, notTaken, spools },
    admitted: () => tokenCounts(tokens()),
    isObserved: (name) => tokens()?.observed?.has(name) === true,
  })
  const silenceWatch = watchSilentClusters({ ports, clusters, tokens, log })
  base.looks.defer(() => silenceWatch.end())
  base.watched.onSet((byMs) => silenceWatch.clockWasSet(byMs))
  const server = await listen(options, {
    ports,
    configurations: createConfigurations({ configs, secrets, clock }, gate, thread, host),
    clusters,
    history: configs,
    destinations,
    counts: outcomeCounter,
    waiting: stores.waiting,
    ...{ secretWriter: stores.secrets, quarantine: stores.queue.quarantine, feed },
    runTest: dispatcher.dispatchTest,
    cluster,
    get tokens() {
      return tokens()
    },
    ...{ echo, metrics, notTaken, spools, gate },
    log,
    ready: () => notReady ?? stores.trouble.reason(),
    explaining,
    ownsConfig: (name) => served !== false && name === cluster,
    moreRoutes: embeddedConsole({
      ...{ ports, history: configs, clusters, destinations, feed, log, tokens },
      ...{ counts: outcomeCounter, waiting: stores.waiting },
      runTest: dispatcher.dispatchTest,
      explaining,
    }),
  })
  builtInSecrets.set(ECHO_SECRET, { address: echoAddress(options.host, server.port, echo) })
  const folder =
    served &&
    createServedFolder({
      ...{ ...served, cluster, thread, builtInSecrets },
      ...{ ports, destinations, log, gate },
    })
  try {
    if (folder) await folder.load()
  } catch (error) {
    await Promise.all([server.close(0), thread.close()])
    throw error
  }
  worker.start()
  if (folder) folder.watch()
  void releaseAtStart({ ports, log }, clusters)
  notReady = undefined
  const url = urlOf({ host: options.host, port: server.port })
  log.info({ url, ...(served && { cluster }), data: options.data }, 'ready')
  return {
    port: server.port,
    stop(graceMs) {
      notReady = 'the relay is stopping'
      base.looks.dispose()
      feed.endAll('stopping')
      return stopRelay(
        { folder, worker, destinations, server, thread, http, outcomeCounter, stores, log },
        graceMs,
      )
    },
  }
}
