import { Command, Option } from 'commander'
import { UsageError } from '../client/usage-error.ts'
import { tuneEngine } from '../hosts/embedded/engine-settings.ts'
import type { EmbeddedRelayOptions } from '../hosts/embedded/relay.ts'
import { StartError } from '../hosts/kit/start-error.ts'
import { DEFAULT_RATE_LIMIT_INTERVAL } from '../relay/model/rate-limit-interval.ts'
import { QUICK_START } from './examples.ts'
import { outboundEnvironment } from './outbound.ts'
import { parsePort, parsePublicUrlOption, parseRateLimitInterval } from './quantities.ts'
import { parseCluster } from './relay/options.ts'
import { signalled } from './signalled.ts'

/** Time for deliveries under way after a SIGTERM; longer than an attempt takes by default. */
const SHUTDOWN_GRACE_MS = 20_000

interface ServeFlags {
  readonly manifests?: string
  readonly data: string
  readonly port: number
  readonly host: string
  readonly cluster: string
  readonly tokens?: string
  readonly crossNamespaceRefs: boolean
  readonly denyPrivateAddresses: boolean
  readonly rateLimitInterval: number
  readonly publicUrl?: string
}

/** `flux-relay serve`: the relay on one machine. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('run the relay on this machine, with one SQLite file and a folder of manifests')
    .option(
      '--manifests <dir>',
      'folder (or file) of Alerts, Providers and Secrets (default: the quick start; none with --tokens)',
    )
    .option('--data <dir>', 'folder of the database', './.flux-relay')
    .option('--port <number>', 'port to listen on; 0 takes a free one', parsePort, 8080)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--cluster <name>', 'cluster that the manifests are for', parseCluster, 'local')
    .option('--tokens <file>', 'YAML file of the tokens of operators and clusters')
    .option(
      '--no-cross-namespace-refs',
      'an Alert takes events of its own namespace only, and uses only Providers of it',
    )
    .option('--deny-private-addresses', 'send to public addresses only', false)
    .addOption(
      new Option(
        '--rate-limit-interval <time>',
        'how long a repeat is not told again; 0 tells every one',
      )
        .argParser(parseRateLimitInterval)
        .default(parseRateLimitInterval(DEFAULT_RATE_LIMIT_INTERVAL), DEFAULT_RATE_LIMIT_INTERVAL),
    )
    .option(
      '--public-url <url>',
      'where people open this relay, for the links of commit statuses',
      parsePublicUrlOption,
    )
    .action(serve)
}

async function serve(flags: ServeFlags): Promise<void> {
  const { crossNamespaceRefs, rateLimitInterval, ...rest } = flags
  // Who gives tokens serves clusters, which send their configurations.
  const manifests = flags.manifests ?? (flags.tokens === undefined ? QUICK_START : undefined)
  const options: EmbeddedRelayOptions = {
    ...rest,
    ...(manifests !== undefined && { manifests }),
    noCrossNamespaceRefs: !crossNamespaceRefs,
    rateLimitIntervalMs: rateLimitInterval,
    outbound: outboundEnvironment(process.env),
  }
  // Loaded here, so that the other commands start without all of it.
  const { startEmbeddedRelay: startRelay } = await import('../hosts/embedded/relay.ts')
  tuneEngine()
  try {
    const relay = await startRelay(options)
    await signalled()
    const finished = await relay.stop(SHUTDOWN_GRACE_MS)
    // Requests that hang would keep the process; they are repeated at the next start.
    if (!finished) process.exit(0)
  } catch (error) {
    if (error instanceof StartError) throw new UsageError(error.message, 1)
    throw error
  }
}
