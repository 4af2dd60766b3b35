import { Command } from 'commander'
import { UsageError } from '../client/usage-error.ts'
import { CLUSTER_RECOVERY_DAYS as RECOVERY_DAYS } from '../relay/model/retention.ts'
import { identityCommand } from './cluster-identity.ts'
import type { ClusterTokensStore, TokensEdit } from './cluster-tokens-store.ts'
import { newToken } from './new-token.ts'
import { confirm } from './output/confirm.ts'
import { printLine, warnLine } from './output/print.ts'
import { onAws } from './relay/on-aws.ts'
import { addRelayOptions, parseCluster, type RelayFlags, withStack } from './relay/options.ts'

interface ClusterFlags extends RelayFlags {
  readonly tokens?: string
}

interface CreateFlags extends ClusterFlags {
  readonly hmac?: boolean
  readonly observe?: boolean
}

interface RotateFlags extends ClusterFlags {
  readonly revokeOld?: boolean
}

interface DeleteFlags extends ClusterFlags {
  readonly yes?: boolean
}

/** `flux-relay cluster`: who may send events and configuration. */
export function clusterCommand(): Command {
  const create = new Command('create')
    .description('create a cluster, and print its token, which is shown only once')
    .argument('<name>', 'name of the cluster', parseCluster)
    .option(
      '--hmac',
      'the token is a key of signatures too, for senders of type generic-hmac; on AWS it costs a secret',
    )
    .option('--observe', 'send nothing for it until cluster go-live; all is decided and recorded')
  const rotate = new Command('rotate')
    .description(
      'make a new token and print it; the one before stays valid until the next rotation',
    )
    .argument('<name>', 'name of the cluster', parseCluster)
    .option('--revoke-old', 'make no token, but end the one before')
  const observe = new Command('observe')
    .description('send nothing more for a cluster; all is decided and recorded as before')
    .argument('<name>', 'name of the cluster', parseCluster)
  const goLive = new Command('go-live')
    .description('send for a cluster that was observed, from its next event on')
    .argument('<name>', 'name of the cluster', parseCluster)
  const remove = new Command('delete')
    .description(
      `take a cluster out of use, with all that is stored of it; for ${RECOVERY_DAYS} days cluster create brings it back`,
    )
    .argument('<name>', 'name of the cluster', parseCluster)
    .option('--yes', 'ask no question')
  return new Command('cluster')
    .description('clusters, their tokens and modes, and their identities at clouds')
    .addCommand(addPlaceOptions(create).action(createCluster))
    .addCommand(addPlaceOptions(rotate).action(rotateTokens))
    .addCommand(addPlaceOptions(observe).action(observeCluster))
    .addCommand(addPlaceOptions(goLive).action(takeLive))
    .addCommand(addPlaceOptions(remove).action(deleteCluster))
    .addCommand(identityCommand())
}

function addPlaceOptions(command: Command): Command {
  return addRelayOptions(command).option(
    '--tokens <file>',
    'file that a relay on this machine has as its --tokens; it takes the change at once',
  )
}

async function createCluster(
  cluster: string,
  { hmac = false, observe = false, ...flags }: CreateFlags,
): Promise<void> {
  const token = newToken()
  await withTokens(flags, async (store) => {
    const result = await store.create(cluster, [token], { hasKeys: hmac, isObserved: observe })
    if (result === 'exists') {
      const advice = `flux-relay cluster rotate ${cluster} makes a new token`
      throw new UsageError(`the cluster ${cluster} exists already; ${advice}`, 1)
    }
    if (result === 'retired') await restoreCluster(store, cluster, token, observe)
    // It may have a configuration already, which has a mode too.
    if (observe) await store.setObserved(cluster, true)
  })
  printLine(token)
}

/** The new token is one as of a rotation: the newest of before counts too. */
async function restoreCluster(
  store: ClusterTokensStore,
  cluster: string,
  token: string,
  isObserved: boolean,
): Promise<void> {
  await store.restore(cluster, isObserved)
  const edit: TokensEdit = ([newest]) => (newest === undefined ? [token] : [token, newest])
  // Somebody may have deleted it again.
  if (!(await store.replace(cluster, edit))) throw noCluster(cluster)
  const how = isObserved ? 'as an observed cluster' : 'as it was when it was deleted'
  warnLine(`${cluster} is back ${how}; its newest token counts again too`)
}

async function deleteCluster(cluster: string, flags: DeleteFlags): Promise<void> {
  const { yes = false, ...place } = flags
  await withTokens(place, async (store) => {
    if (!yes && !(await isConfirmed(cluster))) {
      throw new UsageError(`${cluster} was not deleted: answer y, or give --yes`, 1)
    }
    if (!(await store.retire(cluster))) throw noCluster(cluster)
  })
  const advice = `flux-relay cluster create ${cluster} brings it back`
  printLine(`${cluster} is out of use; for ${RECOVERY_DAYS} days ${advice}`)
}

function isConfirmed(cluster: string): Promise<boolean> {
  return confirm(
    `Take the cluster ${cluster} out of use, with its configuration, Secrets and tokens?`,
  )
}

async function rotateTokens(cluster: string, flags: RotateFlags): Promise<void> {
  const token = newToken()
  await withTokens(flags, async (store) => {
    const edit: TokensEdit = (tokens) => [
      ...(flags.revokeOld ? [] : [token]),
      ...tokens.slice(0, 1),
    ]
    if (!(await store.replace(cluster, edit))) throw noCluster(cluster)
  })
  printLine(flags.revokeOld ? `only the newest token of ${cluster} is valid now` : token)
}

async function observeCluster(cluster: string, flags: ClusterFlags): Promise<void> {
  await setObserved(cluster, true, flags)
  const advice = `flux-relay cluster go-live ${cluster} ends that`
  printLine(`${cluster} is observed: all is decided and recorded, and nothing is sent; ${advice}`)
}

async function takeLive(cluster: string, flags: ClusterFlags): Promise<void> {
  await setObserved(cluster, false, flags)
  printLine(`${cluster} is live: what its events lead to from now on is sent`)
}

async function setObserved(
  cluster: string,
  isObserved: boolean,
  flags: ClusterFlags,
): Promise<void> {
  await withTokens(flags, async (store) => {
    if (!(await store.setObserved(cluster, isObserved))) throw noCluster(cluster)
  })
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
        create: (...created) => relay.admission.create(...created),
        replace: (...replaced) => relay.admission.replace(...replaced),
        retire: (cluster) => relay.retireCluster(cluster, RECOVERY_DAYS),
        restore: (...restored) => relay.restoreCluster(...restored),
        setObserved: (...mode) => relay.setObserved(...mode),
      }),
    ),
  )
}
