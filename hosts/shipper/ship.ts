import { setTimeout } from 'node:timers/promises'
import { createHttpClient } from '../../adapters/http/client.ts'
import type { OutboundEnvironment } from '../../adapters/http/outbound-environment.ts'
import { DatabaseError } from '../../adapters/sqlite/database-error.ts'
import type { RelayAddress } from '../../client/cluster/authorised.ts'
import { clusterPath } from '../../client/paths.ts'
import { readToken, TokenFileError } from '../../client/token-file.ts'
import manifest from '../../package.json' with { type: 'json' }
import type { ConnectionOptions } from '../../relay/ports/http.ts'
import { CONNECTIONS_REFUSED } from '../kit/connection-room.ts'
import { createHttpServer, type HttpServer, type RunningServer, urlOf } from '../kit/http-server.ts'
import { createLog, type Log, type LogOptions } from '../kit/log.ts'
import { StartError } from '../kit/start-error.ts'
import { listenFailure } from '../kit/start-failures.ts'
import { systemClock as clock } from '../kit/system-clock.ts'
import { createApp } from './app.ts'
import { startExpiry } from './expiry.ts'
import { type KubernetesOptions, startKubernetesSide } from './kubernetes-side.ts'
import { createShipperMetrics } from './metrics.ts'
import { createSenderObserver } from './observers/sender.ts'
import { createOutageWait } from './send/outage.ts'
import { createSender } from './send/sender.ts'
import { createHeldRelease } from './sources/held-release.ts'
import { isFull } from './spool/disk-room.ts'
import type { Spool, SpoolDepth } from './spool/spool.ts'
import { type OpenSpool, openSpool } from './spool/spool-file.ts'

/** Of the controllers of one cluster, each of which has a few. */
const MOST_CONNECTIONS = 1_000

/** The options of `flux-relay ship`. */
export interface ShipOptions {
  /** The URL of the relay. Its own paths are below it. */
  readonly relay: string
  /** The cluster that the events come from. */
  readonly cluster: string
  /** The file with the cluster's token. */
  readonly tokenFile: string
  /** The folder of the spool. It is created when it does not exist. */
  readonly data: string
  /** The port of the sink; 0 for any free one. */
  readonly port: number
  readonly host: string
  /** The most bytes of events that may wait. */
  readonly spoolMaxBytes: number
  /** How long events may wait, in milliseconds. Older ones are dropped. */
  readonly spoolMaxAgeMs: number
  readonly transport: ConnectionOptions
  /** The host's defaults for outbound connections, used for what `transport` does not set. */
  readonly outbound?: OutboundEnvironment
  /** What to do with the API of the cluster; absent when it is not used. */
  readonly kubernetes?: KubernetesOptions
  /**
   * The destination of the log. The default is stdout, in a form for people if that is a terminal.
   */
  readonly logTo?: LogOptions['destination']
}

export interface RunningShipper {
  readonly port: number
  /** Resolves when the spool's file is damaged or gone: the shipper has to be stopped. */
  readonly broken: Promise<Error>
  /**
   * Accepts nothing more, and waits for the batch in flight; false when that took over `graceMs`.
   * What is in the spool is sent after the next start.
   */
  stop(graceMs: number): Promise<boolean>
}

/** The time for one request to the relay, which answers within 30 s on AWS. */
const TIMEOUT_MS = 35_000

const USER_AGENT = `flux-relay/${manifest.version}`

/** Starts the shipper. Rejects with `StartError` when a person has to correct something. */
export async function startShipper(options: ShipOptions): Promise<RunningShipper> {
  const log = await openLog(options)
  try {
    await readToken(options.tokenFile)
  } catch (error) {
    throw error instanceof TokenFileError ? new StartError(error.message) : error
  }
  const broken = Promise.withResolvers<Error>()
  const opened = openSpool(options.data, {
    clock,
    maxBytes: options.spoolMaxBytes,
    onCorrupt: broken.resolve,
    onSetAside: ({ file, problem }) =>
      log.error(
        { file, problem },
        'the spool is damaged; it is set aside, and a new one is created',
      ),
    onGone({ error, isKept, events }) {
      const fate = isKept ? 'nothing is lost' : 'the events that waited in it are lost'
      log.error({ err: error, events }, `the spool is gone; ${fate}, and the shipper stops`)
      broken.resolve(error)
    },
    onDiskFull: (bytes) =>
      log.error({ bytes }, 'the disk is full; the reserve is given up to send what waits'),
  })
  try {
    logLater(opened.spool.depth(), log)
    return { ...(await start(options, opened, log)), broken: broken.promise }
  } catch (error) {
    opened.close()
    // A spool may turn out to be damaged wherever it is read first.
    throw error instanceof DatabaseError ? new StartError(error.message) : error
  }
}

function openLog({ logTo: destination }: ShipOptions): Promise<Log> {
  if (destination) return createLog({ pretty: false, level: 'info', destination })
  return createLog({ pretty: process.stdout.isTTY === true, level: 'info' })
}

function logLater({ later: events }: SpoolDepth, log: Log): void {
  if (events === 0) return
  log.error({ events }, 'events of a later version wait in the spool until that runs again')
}

async function start(
  options: ShipOptions,
  opened: OpenSpool,
  log: Log,
): Promise<Omit<RunningShipper, 'broken'>> {
  const { spool, close } = opened
  const { host, cluster, relay, data, spoolMaxAgeMs: maxAgeMs } = options
  const metrics = createShipperMetrics({
    depth: () => spool.depth(),
    onFailure: (err) => log.error({ err }, 'the spool could not be read for the metrics'),
    clock,
  })
  const http = createHttpClient({ allowPrivate: true, ...options.outbound, userAgent: USER_AGENT })
  const waitForRelay = createOutageWait({
    ...{ http, wait, random: clock.random },
    url: relayUrl(relay, './readyz'),
    transport: { ...options.transport, timeoutMs: TIMEOUT_MS },
  })
  // Without a watch nothing else forgets where an earlier one was.
  if (!options.kubernetes) await forgetWatches(spool, log)
  const side =
    options.kubernetes &&
    startKubernetesSide(options.kubernetes, {
      ...opened,
      ...{ http, clock, wait, waitForRelay, metrics, log, userAgent: USER_AGENT },
      outbound: options.outbound,
      relay: relayAddress(options, 'config'),
    })
  let isStopping = false
  const app = createApp({
    ...{ spool, metrics, clock, log, isStopping: () => isStopping },
    ...side?.posted,
  })
  const unbound = createHttpServer(app, { mostConnections: MOST_CONNECTIONS }, (fields) =>
    log.warn(fields, CONNECTIONS_REFUSED),
  )
  const server = await listen(unbound, options).catch(async (error: unknown) => {
    await side?.stop(0)
    throw error
  })
  const sender = createSender({
    ...{
      spool,
      http,
      random: clock.random,
      wait,
      waitForRelay,
      ...(side?.labels && { labels: side.labels }),
    },
    relay: relayAddress(options, 'events'),
    observer: createSenderObserver(log, metrics),
  })
  sender.start()
  const heldRelease = createHeldRelease({
    ...{ spool, clock, wait },
    onFailed: (err, retryInMs) =>
      log.error({ err, retryInMs }, 'held events could not be released, will be repeated'),
  })
  heldRelease.start()
  const expiry = startExpiry({ spool, clock, maxAgeMs, metrics, log })
  log.info({ url: urlOf({ host, port: server.port }), relay, cluster, data }, 'ready')
  return {
    port: server.port,
    async stop(graceMs) {
      isStopping = true
      expiry.stop()
      const parts = [sender, heldRelease].map((part) => part.stop(graceMs))
      const stopped = [side?.stop(graceMs), ...parts, server.close(graceMs)]
      const finished = (await Promise.all(stopped)).every((it) => it !== false)
      close()
      // An upload of the configuration may be under way; it is begun anew after the next start.
      await http.destroy()
      log.info({ finished }, 'stopped; what is in the spool is sent after the next start')
      return finished
    },
  }
}

/**
 * Removes old watches. A full disk must not stop the start: sending what waits makes room on it.
 */
async function forgetWatches({ tables, memory }: Spool, log: Log): Promise<void> {
  try {
    await tables.write(() => memory.watches.begin([], clock.now()))
  } catch (err) {
    if (!isFull(err)) throw err
    log.error({ err }, 'the positions of earlier watches could not be deleted')
  }
}

/** A path of the relay for a cluster, with the way to reach it. */
function relayAddress(
  { relay, cluster, tokenFile, transport }: ShipOptions,
  path: 'events' | 'config',
): RelayAddress {
  const url = relayUrl(relay, `.${clusterPath(cluster)}/${path}`)
  return { url, tokenFile, transport: { ...transport, timeoutMs: TIMEOUT_MS } }
}

function relayUrl(relay: string, path: string): string {
  return new URL(path, relay.endsWith('/') ? relay : `${relay}/`).href
}

async function listen(server: HttpServer, { host, port }: ShipOptions): Promise<RunningServer> {
  try {
    return await server.listen({ host, port })
  } catch (error) {
    throw new StartError(listenFailure(host, port, error))
  }
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => undefined)
}
