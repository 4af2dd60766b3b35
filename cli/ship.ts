import { setFlagsFromString } from 'node:v8'
import { Command, Option } from 'commander'
import { ConnectError } from '../adapters/http/failure.ts'
import { parseProxy } from '../adapters/http/proxy-server.ts'
import { UsageError } from '../client/usage-error.ts'
import { StartError } from '../hosts/kit/start-error.ts'
import type { ShipOptions } from '../hosts/shipper/ship.ts'
import type { TransportOptions } from '../relay/ports/http.ts'
import { outboundEnvironment } from './outbound.ts'
import { parseBytes, parsePeriodMs, parsePort } from './quantities.ts'
import { parseCluster } from './relay/options.ts'
import {
  addKubernetesOptions,
  type KubernetesFlags,
  kubernetesOptions,
  kubernetesPlan,
  readCa,
} from './ship-kubernetes.ts'
import { signalled } from './signalled.ts'

/** The time for the batch in flight after a SIGTERM. Kubernetes allows 30 s in all by default. */
const SHUTDOWN_GRACE_MS = 20_000

/** The smallest spool, in which every single event fits. */
const LEAST_SPOOL_BYTES = 4 * 2 ** 20
const LEAST_AGE_MS = 60_000

const PROXY_VARIABLE = 'FLUX_RELAY_PROXY'

interface ShipFlags extends KubernetesFlags {
  readonly relay: string
  readonly cluster: string
  readonly tokenFile: string
  readonly data: string
  readonly port: number
  readonly host: string
  readonly spoolMaxBytes: number
  readonly spoolMaxAge: number
  readonly caFile?: string
  readonly proxy?: string
}

/** `flux-relay ship`: the agent in a cluster. `run` takes what its flags say; runs the shipper by default. */
export function shipCommand(run: (options: ShipOptions) => Promise<void> = ship): Command {
  const command = addKubernetesOptions(addShipOptions(new Command('ship')))
  return command.action(async (flags: ShipFlags) => run(await optionsOf(flags)))
}

function addShipOptions(command: Command): Command {
  return command
    .description(
      'run beside the controllers of a cluster: keep their events and send them to a relay',
    )
    .requiredOption('--relay <url>', 'address of the relay')
    .requiredOption('--cluster <name>', 'cluster that the events are of', parseCluster)
    .requiredOption('--token-file <file>', "file that holds the cluster's token")
    .option('--data <dir>', 'folder of the spool', './.flux-relay-shipper')
    .option('--port <number>', 'port to listen on; 0 takes a free one', parsePort, 8090)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(
      new Option('--spool-max-bytes <size>', 'most bytes of events that wait')
        .argParser((text) => parseBytes(text, LEAST_SPOOL_BYTES))
        .default(2 ** 30, '1Gi'),
    )
    .addOption(
      new Option('--spool-max-age <time>', 'events that wait for longer are dropped')
        .argParser((text) => parsePeriodMs(text, LEAST_AGE_MS))
        .default(7 * 24 * 3_600_000, '168h'),
    )
    .option('--ca-file <file>', "PEM file of the CA of the relay, in the place of the system's")
    .addOption(
      new Option('--proxy <url>', 'proxy to the relay: http://, https:// or socks5://').env(
        PROXY_VARIABLE,
      ),
    )
}

async function ship(options: ShipOptions): Promise<void> {
  // A moment after a burst of events little of it is still in use, and V8 does not give back the room
  // that it once made for it. This flag leaves 160 MB resident instead of 200, at the same rate.
  setFlagsFromString('--semi-space-growth-factor=1')
  // 10 MB more: what V8's compiler Maglev is done with is freed at once (docs/adr/0088).
  setFlagsFromString('--no-maglev-destroy-on-background')
  // Loaded here, so that the other commands start without all of it.
  const { startShipper } = await import('../hosts/shipper/ship.ts')
  try {
    const shipper = await startShipper(options)
    const broken = await Promise.race([shipper.broken, signalled()])
    const finished = await shipper.stop(SHUTDOWN_GRACE_MS)
    if (broken) throw new StartError(broken.message)
    // A request that hangs would keep the process; its batch is sent again after the next start.
    if (!finished) process.exit(0)
  } catch (error) {
    if (error instanceof StartError) throw new UsageError(error.message, 1)
    throw error
  }
}

async function optionsOf(flags: ShipFlags): Promise<ShipOptions> {
  const { relay, cluster, tokenFile, data, port, host, spoolMaxBytes, caFile, proxy } = flags
  checkRelay(relay)
  const plan = kubernetesPlan(flags, process.env)
  return {
    ...{ relay, cluster, tokenFile, data, port, host, spoolMaxBytes },
    spoolMaxAgeMs: flags.spoolMaxAge,
    outbound: outboundEnvironment(process.env),
    transport: {
      ...(caFile !== undefined && { tls: { ca: readCa('--ca-file', caFile) } }),
      ...(proxy !== undefined && { proxyUrl: checkedProxy(proxy) }),
    },
    ...(plan && { kubernetes: await kubernetesOptions(plan, cluster) }),
  }
}

function checkRelay(text: string): void {
  const url = URL.parse(text)
  if (url !== null && (url.username !== '' || url.password !== '')) {
    throw new UsageError('--relay: expected no credentials in the URL, but in --token-file', 2)
  }
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new UsageError(`--relay ${text}: expected a URL such as https://relay.example.com`, 2)
  }
  if (/\/v1\/clusters\b/.test(url.pathname)) {
    const message = `--relay ${text}: expected the address of the relay itself, without /v1/clusters`
    throw new UsageError(message, 2)
  }
}

/** The message shows none of it: credentials may be in it. */
function checkedProxy(text: string): NonNullable<TransportOptions['proxyUrl']> {
  try {
    parseProxy(text)
    return text
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error
    throw new UsageError(`--proxy: ${error.message}`, 2)
  }
}
