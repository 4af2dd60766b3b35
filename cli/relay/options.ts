import { type Command, InvalidArgumentError, Option } from 'commander'
import { createRelayApi, type RelayApi } from '../../client/api.ts'
import { createHttpRelay, TOKEN_VARIABLE } from '../../client/http-relay.ts'
import { UsageError } from '../../client/usage-error.ts'
import { ClusterName } from '../../relay/model/config.ts'
import type { StackRelay } from './stack-relay.ts'

/** Which relay a command is for. */
export interface RelayFlags {
  readonly relay?: string
  readonly stack?: string
}

const DEFAULT_RELAY = 'http://127.0.0.1:8080'

/** The options by which a command finds its relay. */
export function addRelayOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--relay <url>',
        `address of a relay that serves HTTP (default: ${DEFAULT_RELAY}); ${TOKEN_VARIABLE} holds its token`,
      ),
    )
    .addOption(
      new Option(
        '--stack <name>',
        'CloudFormation stack of a relay on AWS, such as flux-relay-prod',
      ).conflicts('relay'),
    )
}

/** Does the work with the relay that the flags name. */
export async function withRelay<T>(
  flags: RelayFlags,
  work: (api: RelayApi) => Promise<T>,
): Promise<T> {
  return flags.stack === undefined
    ? withHttpRelay(flags, (relay) => work(createRelayApi(relay)))
    : withStack(flags, (onAws) => work(createRelayApi(onAws)))
}

/** Does the work with a relay that serves HTTP. */
export async function withHttpRelay<T>(
  { relay = DEFAULT_RELAY }: RelayFlags,
  work: (relay: ReturnType<typeof createHttpRelay>) => Promise<T>,
): Promise<T> {
  return work(createHttpRelay(relay, process.env[TOKEN_VARIABLE]))
}

/** Does the work that only a relay on AWS can be asked for. */
export async function withStack<T>(
  { stack }: RelayFlags,
  work: (relay: StackRelay) => Promise<T>,
): Promise<T> {
  if (stack === undefined) throw new UsageError('this is for a relay on AWS only: give --stack', 2)
  // Loaded here, so that the other commands start without the SDK.
  const { openStackRelay } = await import('./stack-relay.ts')
  const relay = await openStackRelay(stack)
  try {
    return await work(relay)
  } finally {
    relay.close()
  }
}

/** On AWS nothing is listed of all clusters. Throws `UsageError` for --stack alone. */
export function requireCluster(flags: RelayFlags & { readonly cluster?: string }): void {
  if (flags.stack === undefined || flags.cluster !== undefined) return
  throw new UsageError('with --stack give --cluster too', 2)
}

/** Reads an option that names a cluster. */
export function parseCluster(text: string): string {
  const cluster = ClusterName.safeParse(text)
  if (cluster.success) return cluster.data
  throw new InvalidArgumentError('expected a DNS label such as prod-eu-1.')
}
