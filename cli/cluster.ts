import { Command } from 'commander'
import { identityCommand } from './cluster-identity.ts'
import type { ClusterTokensStore } from './cluster-tokens.ts'
import { newToken } from './new-token.ts'
import { printLine } from './output/print.ts'
import { onAws } from './relay/on-aws.ts'
import { addRelayOptions, parseCluster, type RelayFlags, withStack } from './relay/options.ts'
import { UsageError } from './usage-error.ts'

interface ClusterFlags extends RelayFlags {
  readonly tokens?: string
}

interface RotateFlags extends ClusterFlags {
  readonly revokeOld?: boolean
}

/** `flux-relay cluster`: who may send events and configuration. */
export function clusterCommand(): Command {
  const create = new Command('create')
    .description('admit a cluster, and print its token, which is shown this once')
    .argument('<name>', 'name of the cluster', parseCluster)
  const rotate = new Command('rotate')
    .description(
      'make a new token and print it; the one before stays valid until the next rotation',
    )
    .argument('<name>', 'name of the cluster', parseCluster)
    .option('--revoke-old', 'make no token, but end the one before')
  return new Command('cluster')
    .description('clusters, their tokens, and their identities at other clouds')
    .addCommand(addPlaceOptions(create).action(createCluster))
    .addCommand(addPlaceOptions(rotate).action(rotateTokens))
    .addCommand(identityCommand())
}

function addPlaceOptions(command: Command): Command {
  return addRelayOptions(command).option(
    '--tokens <file>',
    'file that a relay on this machine has as its --tokens; it takes the change at once',
  )
}

async function createCluster(cluster: string, flags: ClusterFlags): Promise<void> {
  const token = newToken()
  await withTokens(flags, async (store) => {
    if (await store.create(cluster, [token])) return
    const advice = `flux-relay cluster rotate ${cluster} makes a new token`
    throw new UsageError(`the cluster ${cluster} is there already; ${advice}`, 1)
  })
  printLine(token)
}

async function rotateTokens(cluster: string, flags: RotateFlags): Promise<void> {
  const token = newToken()
  await withTokens(flags, async (store) => {
    const [newest] = (await store.read(cluster)) ?? []
    if (newest === undefined) throw noCluster(cluster)
    const valid = flags.revokeOld ? [newest] : [token, newest]
    // False when somebody deleted them in between.
    if (!(await store.replace(cluster, valid))) throw noCluster(cluster)
  })
  printLine(flags.revokeOld ? `only the newest token of ${cluster} is valid now` : token)
}

function noCluster(cluster: string): UsageError {
  const advice = `flux-relay cluster create ${cluster} admits it`
  return new UsageError(`there is no cluster ${cluster}; ${advice}`, 1)
}

/** Tokens go over no network but AWS's own: an embedded relay has them in a file of its owner's. */
async function withTokens(
  { tokens, ...flags }: ClusterFlags,
  work: (store: ClusterTokensStore) => Promise<void>,
): Promise<void> {
  if ((tokens === undefined) === (flags.stack === undefined)) {
    const advice = '--tokens FILE for a relay on this machine, or --stack NAME for one on AWS'
    throw new UsageError(`expected ${advice}`, 2)
  }
  if (tokens !== undefined) {
    const { tokensInFile } = await import('./cluster-tokens.ts')
    return work(tokensInFile(tokens))
  }
  await withStack(flags, (relay) =>
    onAws(
      work({
        read: (cluster) => relay.tokens.read(cluster, { fresh: true }),
        create: (...created) => relay.secrets.createTokens(...created),
        replace: (...replaced) => relay.secrets.replaceTokens(...replaced),
      }),
    ),
  )
}
