import { TOKEN_VARIABLE } from '../../client/http-relay.ts'
import { UsageError } from '../../client/usage-error.ts'
import { ClusterName } from '../../relay/model/config.ts'
import { type Context, contextFilePath, readContexts } from '../context/context-file.ts'

/** The environment variables that name a relay, and a cluster. */
export const URL_VARIABLE = 'FLUX_RELAY_URL'
export const STACK_VARIABLE = 'FLUX_RELAY_STACK'
export const CLUSTER_VARIABLE = 'FLUX_RELAY_CLUSTER'

/** What a command line says of the relay and the cluster that it is for. */
export interface TargetFlags {
  readonly relay?: string | undefined
  readonly stack?: string | undefined
  readonly context?: string | undefined
  readonly cluster?: string | undefined
}

/** The relay and the cluster that a command is for. Without `relay` and `stack` it is the one of this machine. */
export interface Target {
  readonly relay?: string | undefined
  readonly stack?: string | undefined
  readonly cluster?: string | undefined
  readonly token?: string | undefined
}

type Variables = Readonly<Record<string, string | undefined>>

/**
 * Finds the relay and the cluster: by flags, else by the environment, else by the context that is in use. A context
 * counts as a whole: when another relay is named, neither its token nor its cluster is used, so that no token
 * goes to a relay that it is not for. Rejects with `UsageError`.
 */
export async function findTarget(flags: TargetFlags, variables: Variables): Promise<Target> {
  const named = flags.relay !== undefined || flags.stack !== undefined
  const environment = environmentTarget(variables, named || flags.context !== undefined)
  const { relay, stack, cluster = environment.cluster } = flags
  const { token } = environment
  if (named) return { relay, stack, cluster, token }
  if (flags.context !== undefined) {
    const context = await contextOf(variables, flags.context)
    return {
      ...context,
      cluster: flags.cluster ?? context.cluster ?? cluster,
      token: context.token ?? token,
    }
  }
  if (environment.relay !== undefined || environment.stack !== undefined) {
    return { ...environment, cluster }
  }
  const context = await contextOf(variables)
  return { ...context, cluster: cluster ?? context.cluster, token: token ?? context.token }
}

/** An empty variable is none. Which of two relays is meant matters only while no flag says it. */
function environmentTarget(variables: Variables, isNamed: boolean): Target {
  const [relay, stack, cluster, token] = [
    URL_VARIABLE,
    STACK_VARIABLE,
    CLUSTER_VARIABLE,
    TOKEN_VARIABLE,
  ].map((name) => variables[name] || undefined)
  if (!isNamed && relay !== undefined && stack !== undefined) {
    const advice = 'unset one of them, or give --relay, --stack or --context'
    throw new UsageError(`${URL_VARIABLE} and ${STACK_VARIABLE} name two relays: ${advice}`, 2)
  }
  if (cluster !== undefined && !ClusterName.safeParse(cluster).success) {
    throw new UsageError(`${CLUSTER_VARIABLE}: expected a DNS label such as prod-eu-1`, 2)
  }
  return { relay, stack, cluster, token }
}

/** The context of this name, or the one in use, or none. */
async function contextOf(variables: Variables, name?: string): Promise<Partial<Context>> {
  const { current, contexts } = await readContexts(variables)
  const wanted = name ?? current
  if (wanted === undefined) return {}
  const context = contexts.find((it) => it.name === wanted)
  if (context) return context
  const known = contexts.map((it) => it.name)
  const advice =
    known.length === 0
      ? 'no context exists yet; flux-relay context add creates one'
      : `there are ${known.join(', ')}`
  throw new UsageError(
    `there is no context ${wanted} in ${contextFilePath(variables)}; ${advice}`,
    2,
  )
}
