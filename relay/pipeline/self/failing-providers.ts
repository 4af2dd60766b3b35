import { isOfFleet } from '../../model/fleet.ts'
import { DESTINATION_UNUSED, OBJECT_DELETED } from '../../model/good-ends.ts'
import { type Identity, namespacedName } from '../../model/kubernetes.ts'
import {
  type FailingProviders,
  failingProvidersCodec,
} from '../../model/stored/failing-providers.ts'
import type { Ports } from '../../ports/ports.ts'
import { rememberedValue } from '../damaged-memory.ts'
import { readFleet } from '../fleet.ts'
import { type ProviderEnd, providerEnds } from './provider-ends.ts'
import type { SelfEvent } from './self-event.ts'
import { endTrouble, type TroublePorts, troubleKey } from './troubles.ts'
import { isWanted } from './wanted.ts'

/** In milliseconds, as long as the trouble of each is remembered. */
const REMEMBER_MS = 90 * 24 * 3_600_000

/** The most Providers of a cluster that are remembered; of more those that were told last. */
const MOST_REMEMBERED = 500

/** How often the list is read again that another process changed in between. */
const MAX_TRIES = 5

/** Remembers that a Provider is about to be told as failing, in case it is deleted. Rejects when the store fails. */
export function rememberFailing(
  ports: Pick<Ports, 'state' | 'clock'>,
  cluster: string,
  { namespace, name, uid }: Identity,
): Promise<void> {
  return changeList(ports, cluster, (providers) =>
    providers.some((known) => known.uid === uid)
      ? providers
      : [...providers, { namespace, name, uid }].slice(-MOST_REMEMBERED),
  )
}

/**
 * Reports which Providers of a cluster are gone, or in use no more, that were told as failing, as events of the relay
 * about itself. One that was made anew has another UID, and what was told of the one before is over. Call it after a
 * configuration has come. Rejects when a store fails; what was not reported then is reported the next time.
 */
export async function reportEndedProviders(
  ports: TroublePorts & Pick<Ports, 'configs'>,
  cluster: string,
): Promise<void> {
  const { providers } = await readList(ports, cluster)
  if (providers.length === 0) return
  const config = await ports.configs.read(cluster)
  if (typeof config !== 'object' || !isWanted(config.manifests, 'deliveries')) return
  const fleet = providers.some(isOfFleet) ? await readFleet(ports.configs) : undefined
  const { manifests } = config
  const endOf = providerEnds({ cluster, manifests, fleet: fleet?.manifests ?? [] })
  const ended = providers.flatMap((provider) => {
    const end = endOf(provider)
    return end ? [{ provider, end }] : []
  })
  await reportEnds(ports, cluster, ended)
}

/**
 * Reports that a cluster is deleted of whose Providers some were told as failing, as events of the relay about itself.
 * Rejects when a store fails; what was not reported then is reported the next time.
 */
export async function reportProvidersOfDeleted(
  ports: TroublePorts,
  cluster: string,
): Promise<void> {
  const { providers } = await readList(ports, cluster)
  await reportEnds(
    ports,
    cluster,
    providers.map((provider) => ({ provider, end: 'deleted with its cluster' })),
  )
}

interface Ended {
  readonly provider: Identity
  readonly end: keyof typeof END_TEXTS
}

async function reportEnds(
  ports: TroublePorts,
  cluster: string,
  ended: readonly Ended[],
): Promise<void> {
  for (const { provider, end } of ended) {
    const key = troubleKey(cluster, provider.uid)
    await endTrouble(ports, key, ports.clock.now(), (since) =>
      endReport(cluster, provider, end, since),
    )
  }
  if (ended.length === 0) return
  const uids = new Set(ended.map(({ provider }) => provider.uid))
  await changeList(ports, cluster, (known) => known.filter(({ uid }) => !uids.has(uid)))
}

function endReport(
  cluster: string,
  provider: Identity,
  end: Ended['end'],
  since: number,
): SelfEvent {
  const name = namespacedName(provider)
  return {
    ...{ cluster, kind: 'Provider', object: provider, severity: 'info' },
    reason: end === 'suspended' || end === 'unused' ? DESTINATION_UNUSED : OBJECT_DELETED,
    message: `Provider ${name} ${END_TEXTS[end]}; deliveries to it had failed since ${new Date(since).toISOString()}`,
    occasion: [end, provider.uid, String(since)],
  }
}

const END_TEXTS: Readonly<Record<ProviderEnd | 'deleted with its cluster', string>> = {
  gone: 'was deleted',
  'deleted with its cluster': 'was deleted with its cluster',
  suspended: 'is suspended',
  unused: 'is used by no Alert now',
}

type Providers = FailingProviders['providers']

async function readList({ state }: Pick<Ports, 'state'>, cluster: string) {
  const key = `${cluster}#failing-providers#`
  const stored = await state.read(key)
  const list = stored && rememberedValue(state, failingProvidersCodec, stored.value, key)
  return { key, providers: list?.providers ?? [], version: stored?.version ?? ('absent' as const) }
}

/** Where others change the list all the time, the next delivery that fails, or the next configuration, makes up for it. */
async function changeList(
  ports: Pick<Ports, 'state' | 'clock'>,
  cluster: string,
  change: (providers: Providers) => Providers,
): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const { key, providers, version } = await readList(ports, cluster)
    const next = change(providers)
    if (next === providers) return
    const value = failingProvidersCodec.encode({ providers: next })
    if (await ports.state.write(key, value, version, ports.clock.now() + REMEMBER_MS)) return
  }
}
