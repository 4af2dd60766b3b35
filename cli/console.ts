import { randomBytes } from 'node:crypto'
import { Command } from 'commander'
import { UsageError } from '../client/usage-error.ts'
import type { ConsoleRelay } from '../console/relay.ts'
import { foreignProblem } from '../hosts/embedded/loopback.ts'
import type { ConsoleParts } from '../hosts/kit/console/routes.ts'
import { createSessions } from '../hosts/kit/console/sessions.ts'
import { createHttpServer, type RunningServer, urlOf } from '../hosts/kit/http-server.ts'
import { listenFailure } from '../hosts/kit/start-failures.ts'
import { systemClock } from '../hosts/kit/system-clock.ts'
import { tokenMatches } from '../relay/api/credentials.ts'
import { createEdge } from '../relay/api/edge.ts'
import { headerOf } from '../relay/api/http.ts'
import { type AskedRelay, requestedRelay } from './console/requested-relay.ts'
import { printLine, warnLine } from './output/print.ts'
import { parsePort } from './quantities.ts'
import {
  addRelayOptions,
  parseCluster,
  type RelayFlags,
  requireCluster,
  withHttpRelay,
  withStack,
} from './relay/options.ts'
import { signalled } from './signalled.ts'

interface ConsoleFlags extends RelayFlags {
  readonly cluster?: string
  readonly port: number
}

const HOST = '127.0.0.1'

/** `flux-relay console`: the pages of the console for a relay elsewhere, with the person's own rights. */
export function consoleCommand(): Command {
  const command = new Command('console')
    .description(
      'serve the console for a relay, to this machine only, with your own rights; prints its address',
    )
    .option('--port <number>', 'port to listen on; 0 takes a free one', parsePort, 0)
    .option(
      '--cluster <name>',
      'cluster of lists that name none (needed with --stack)',
      parseCluster,
    )
  return addRelayOptions(command).action((flags: ConsoleFlags) => serveConsole(flags))
}

async function serveConsole(flags: ConsoleFlags): Promise<void> {
  requireCluster(flags)
  const { cluster = '' } = flags
  if (flags.stack === undefined) {
    await withHttpRelay(flags, async (relay) => {
      const [{ followedRows }, { streamPosition }] = await Promise.all([
        import('./console/followed-rows.ts'),
        import('./console/stream-position.ts'),
      ])
      const live = followedRows(relay, systemClock, flags.cluster)
      return serveFor(relay, flags, { live, livePosition: () => streamPosition(relay) })
    })
  } else {
    await withStack(flags, async (relay) => {
      const [{ STACK_NUMBERS: numbers }, { polledRows }] = await Promise.all([
        import('./relay/stack-overview.ts'),
        import('./console/polled-rows.ts'),
      ])
      const { listDeliveries, live } = polledRows(relay, systemClock, cluster)
      const asked = { ...relay, ...relay.overviewOf(cluster), listDeliveries }
      return serveFor(asked, flags, { numbers, live })
    })
  }
}

async function serveFor(
  relay: AskedRelay,
  flags: ConsoleFlags,
  {
    livePosition,
    ...more
  }: Pick<ConsoleParts, 'live' | 'numbers'> & Pick<ConsoleRelay, 'livePosition'>,
): Promise<void> {
  const { cluster, port, relay: url } = flags
  // Other users of this machine reach the port too, so the address has a key, as a token has.
  const key = randomBytes(24).toString('base64url')
  const sessions = createSessions(
    (presented) => (tokenMatches(presented, [key]) ? { role: 'operator' } : undefined),
    systemClock,
  )
  const server = await listen(port, {
    relay: { ...requestedRelay(relay, cluster), ...(livePosition && { livePosition }) },
    clock: systemClock,
    sessions: () => sessions,
    opensByAddress: true,
    eventsOrigin: url === undefined ? '' : new URL(url).origin,
    ...more,
    onFailure: (cause, path) => warnLine(`${path}: ${String(cause)}`),
  })
  printLine(`${urlOf({ host: HOST, port: server.port })}/console/open/${key}`)
  await signalled()
  await server.close(0)
}

async function listen(port: number, parts: ConsoleParts): Promise<RunningServer> {
  // The pages judge events, for which they load all Providers and YAML; other commands need none of it.
  const { consoleRoutes } = await import('../hosts/kit/console/routes.ts')
  const edge = createEdge({
    routes: consoleRoutes(parts),
    senders: { kind: 'any', cluster: '', isKnown: () => false },
    guard: (request) =>
      foreignProblem({
        method: request.method,
        url: request.origin,
        origin: headerOf(request, 'origin'),
      }),
    isStoreFailure: () => false,
    onFailure: ({ cause, path }) => warnLine(`${path}: ${String(cause)}`),
  })
  try {
    return await createHttpServer(edge).listen({ host: HOST, port })
  } catch (error) {
    throw new UsageError(listenFailure(HOST, port, error), 1)
  }
}
