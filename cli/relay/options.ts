import { type Command, InvalidArgumentError, Option } from 'commander'
import { createHttpRelay, TOKEN_VARIABLE } from '../../client/http-relay.ts'
import { createRelayClient, type RelayClient } from '../../client/relay-client.ts'
import { UsageError } from '../../client/usage-error.ts'
import { ClusterName } from '../../relay/model/config.ts'
import type { StackRelay } from './stack-relay.ts'
import {
  CLUSTER_VARIABLE,
  findTarget,
  STACK_VARIABLE,
  type TargetFlags,
  URL_VARIABLE,
} from './target.ts'

/** Which relay a command is for, once it was found. */
export interface RelayFlags {
  readonly relay?: string
  readonly stack?: string
  /** The token for the relay. */
  readonly token?: string
}

/** What a relay on one machine calls the cluster of its manifests folder, unless told otherwise. */
export const DEFAULT_CLUSTER = 'local'

const DEFAULT_RELAY = 'http://127.0.0.1:8080'

/** What a command wants of the target that is found for it. */
export interface RelayOptions {
  /** Adds the option `--cluster` with this description; the command is not run without a cluster. */
  readonly requiredCluster?: string
  /** Adds the option `--fleet` with this description, which goes in the place of a cluster. */
  readonly orFleet?: string
  /** Whether a command with these flags asks no relay: then its surroundings are not looked at. */
  readonly asksNone?: (flags: Readonly<Record<string, unknown>>) => boolean
}

/**
 * The options by which a command finds its relay. Before its action runs, what they leave open is found in the
 * environment and in the contexts, and is among its flags then.
 */
export function addRelayOptions(
  command: Command,
  { requiredCluster, orFleet, asksNone }: RelayOptions = {},
): Command {
  if (requiredCluster !== undefined) {
    command.option('--cluster <name>', requiredCluster, parseCluster)
  }
  if (orFleet !== undefined) {
    command.addOption(new Option('--fleet', orFleet).conflicts('cluster'))
  }
  return command
    .hook('preAction', async () => {
      if (asksNone?.(command.opts()) !== true) await fillIn(command)
      if (requiredCluster === undefined || command.getOptionValue('cluster') !== undefined) return
      if (command.getOptionValue('fleet') === true) return
      const advice = `give --cluster NAME, or set ${CLUSTER_VARIABLE} or a context that has one`
      throw new UsageError(`which cluster? ${advice}`, 2)
    })
    .addOption(
      new Option(
        '--relay <url>',
        `address of a relay that serves HTTP (default: ${URL_VARIABLE}, the context in use, or ${DEFAULT_RELAY}); ${TOKEN_VARIABLE} holds its token`,
      ),
    )
    .addOption(
      new Option(
        '--stack <name>',
        `CloudFormation stack of a relay on AWS, such as flux-relay-prod (default: ${STACK_VARIABLE})`,
      ).conflicts('relay'),
    )
    .addOption(
      new Option('--context <name>', 'a relay as `context add` has named it').conflicts([
        'relay',
        'stack',
      ]),
    )
}

/** A command that has named another place itself needs none of the surroundings. */
async function fillIn(command: Command): Promise<void> {
  const flags: TargetFlags & { readonly tokens?: string } = command.opts()
  if (flags.tokens !== undefined) return
  const target = await findTarget(flags, process.env)
  const known = new Set(command.options.map((option) => option.attributeName()))
  for (const name of ['relay', 'stack', 'cluster', 'token'] as const) {
    const isTaken = name === 'token' || (known.has(name) && flags[name] === undefined)
    if (isTaken && target[name] !== undefined) {
      command.setOptionValueWithSource(name, target[name], 'config')
    }
  }
}

/** Does the work with the relay that the flags name. */
export async function withRelay<T>(
  flags: RelayFlags,
  work: (api: RelayClient) => Promise<T>,
): Promise<T> {
  return flags.stack === undefined
    ? withHttpRelay(flags, (relay) => work(createRelayClient(relay)))
    : withStack(flags, (onAws) => work(createRelayClient(onAws)))
}

/** Does the work with a relay that serves HTTP. */
export async function withHttpRelay<T>(
  { relay = DEFAULT_RELAY, token }: RelayFlags,
  work: (relay: ReturnType<typeof createHttpRelay>) => Promise<T>,
): Promise<T> {
  return work(createHttpRelay(relay, token))
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

/**
 * Checks that --stack comes with --cluster, since nothing is listed for all clusters on AWS. Throws
 * `UsageError`.
 */
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
