import { randomBytes } from 'node:crypto'
import { Command } from 'commander'
import { printLine } from './output/print.ts'
import { onAws } from './relay/on-aws.ts'
import { addRelayOptions, parseCluster, type RelayFlags, withStack } from './relay/options.ts'
import type { StackRelay } from './relay/stack-relay.ts'
import { UsageError } from './usage-error.ts'

interface RotateFlags extends RelayFlags {
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
    .description('clusters and their tokens')
    .addCommand(addRelayOptions(create).action(createCluster))
    .addCommand(addRelayOptions(rotate).action(rotateTokens))
}

async function createCluster(cluster: string, flags: RelayFlags): Promise<void> {
  const token = newToken()
  await withTokens(cluster, flags, async ({ secrets }) => {
    if (await secrets.createTokens(cluster, [token])) return
    const advice = `flux-relay cluster rotate ${cluster} makes a new token`
    throw new UsageError(`the cluster ${cluster} is there already; ${advice}`, 1)
  })
  printLine(token)
}

async function rotateTokens(cluster: string, flags: RotateFlags): Promise<void> {
  const token = newToken()
  await withTokens(cluster, flags, async ({ tokens, secrets }) => {
    const [newest] = (await tokens.read(cluster, { fresh: true })) ?? []
    if (newest === undefined) throw noCluster(cluster)
    const valid = flags.revokeOld ? [newest] : [token, newest]
    // False when somebody deleted them in between.
    if (!(await secrets.replaceTokens(cluster, valid))) throw noCluster(cluster)
  })
  printLine(flags.revokeOld ? `only the newest token of ${cluster} is valid now` : token)
}

function noCluster(cluster: string): UsageError {
  const advice = `flux-relay cluster create ${cluster} admits it`
  return new UsageError(`there is no cluster ${cluster}; ${advice}`, 1)
}

/** An embedded relay takes its tokens from a file of its owner's, which no request changes. */
async function withTokens(
  cluster: string,
  flags: RelayFlags,
  work: (relay: Pick<StackRelay, 'tokens' | 'secrets'>) => Promise<void>,
): Promise<void> {
  if (flags.stack !== undefined) return withStack(flags, (relay) => onAws(work(relay)))
  throw new UsageError(
    `an embedded relay reads its tokens from the file of its --tokens: give ${cluster} a long random text under clusters there, and start the relay again; on AWS name the --stack`,
    2,
  )
}

/** 256 bits, as a header can carry them; the prefix is for those who search for leaked tokens. */
function newToken(): string {
  return `frt_${randomBytes(32).toString('base64url')}`
}
