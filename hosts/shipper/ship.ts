import { setTimeout } from 'node:timers/promises'
import { createHttpClient } from '../../adapters/http/client.ts'
import type { OutboundEnvironment } from '../../adapters/http/outbound-environment.ts'
import { DatabaseError } from '../../adapters/sqlite/database-error.ts'
import manifest from '../../package.json' with { type: 'json' }
import type { ConnectionOptions } from '../../relay/ports/http.ts'
import { createHttpServer, type HttpServer, type RunningServer, urlOf } from '../kit/http-server.ts'
import { createLog, type Log, type LogOptions } from '../kit/log.ts'
import { StartError } from '../kit/start-error.ts'
import { systemClock as clock } from '../kit/system-clock.ts'
import { readToken, TokenFileError } from '../kit/token-file.ts'
import { createApp } from './app.ts'
import { startExpiry } from './expiry.ts'
import { type KubernetesOptions, startKubernetesSide } from './kubernetes-side.ts'
import { createShipperMetrics } from './metrics.ts'
import { createSenderObserver } from './observers/sender.ts'
import type { RelayAddress } from './send/authorised.ts'
import { createOutageWait } from './send/outage.ts'
import { createSender } from './send/sender.ts'
import { createHeldRelease } from './sources/held-release.ts'
import { isFull } from './spool/disk-room.ts'
import type { Spool, SpoolDepth } from './spool/spool.ts'
import { type OpenSpool, openSpool } from './spool/spool-file.ts'

/** What `flux-relay ship` is told. */
export interface ShipOptions {
  /** Of the relay; its own paths are below the URL's. */
  readonly relay: string
  /** The cluster that the events are of. */
  readonly cluster: string
  /** Holds the cluster's token. */
  readonly tokenFile: string
  /** Folder of the spool; made when it is not there. */
  readonly data: string
  /** 0 for any free one. */
  readonly port: number
  readonly host: string
  /** Most bytes of events that wait. */
  readonly spoolMaxBytes: number
  /** Events that wait for longer are dropped. */
  readonly spoolMaxAgeMs: number
  readonly transport: ConnectionOptions
  /** How this host reaches what is elsewhere, where `transport` does not say. */
  readonly outbound?: OutboundEnvironment
  /** Absent when the API of the cluster is not used. */
  readonly kubernetes?: KubernetesOptions
  /** Where the lines of the log go. Default: stdout, in a person's form where that is a terminal. */
  readonly logTo?: LogOptions['destination']
}

export interface RunningShipper {
  readonly port: number
  /** Resolves when the spool turns out to be damaged, or is gone: the shipper has to be stopped. */
  readonly broken: Promise<Error>
  /**
   * Takes nothing more and lets the batch in flight finish; resolves with false when that took over
   * `graceMs`. What is in the spool is sent after the next start.
   */
  stop(graceMs: number): Promise<boolean>
}

/** Bounds one request to the relay, which answers within 30 s on AWS. */
const TIMEOUT_MS = 35_000

const USER_AGENT = `flux-relay/${manifest.version}`

/** Starts the shipper. Rejects with `StartError` when a person has to mend something. */
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
      log.error({ file, problem }, 'the spool is damaged; it is set aside, and a new one begun'),
    onGone({ error, isKept, events }) {
      const fate = isKept ? 'nothing is lost' : 'the events that waited in it are lost'
      log.error({ err: error, events }, `the spool is gone; ${fate}, and the shipper ends`)
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
  const metrics = createShipperMetrics({ depth: () => spool.depth(), clock })
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
  const server = await listen(createHttpServer(app), options).catch(async (error: unknown) => {
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
      log.error({ err, retryInMs }, 'events held back not released, will be repeated'),
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

/** A full disk is no reason not to start: what waits may go out, and with it what fills the disk. */
async function forgetWatches({ tables, memory }: Spool, log: Log): Promise<void> {
  try {
    await tables.write(() => memory.watches.begin([], clock.now()))
  } catch (err) {
    if (!isFull(err)) throw err
    log.error({ err }, 'what earlier watches had read could not be forgotten')
  }
}

/** Of the relay's paths for a cluster. */
function relayAddress(
  { relay, cluster, tokenFile, transport }: ShipOptions,
  path: 'events' | 'config',
): RelayAddress {
  const url = relayUrl(relay, `./v1/clusters/${cluster}/${path}`)
  return { url, tokenFile, transport: { ...transport, timeoutMs: TIMEOUT_MS } }
}

function relayUrl(relay: string, path: string): string {
  return new URL(path, relay.endsWith('/') ? relay : `${relay}/`).href
}

async function listen(server: HttpServer, { host, port }: ShipOptions): Promise<RunningServer> {
  try {
    return await server.listen({ host, port })
  } catch (error) {
    throw new StartError(`cannot listen on ${host}:${port}: ${(error as Error).message}`)
  }
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => undefined)
}
