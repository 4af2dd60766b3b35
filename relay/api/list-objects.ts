import { z } from 'zod'
import type { ConfigSnapshot, ObjectReadiness } from '../model/config.ts'
import { FLEET } from '../model/fleet.ts'
import { type KubernetesObject, namespacedName } from '../model/kubernetes.ts'
import { lastDay } from '../model/outcome-count.ts'
import { nameOf } from '../model/parse-objects.ts'
import { writtenType } from '../model/provider.ts'
import { providerRefOf } from '../model/provider-ref.ts'
import { readFleet, usesFleet } from '../pipeline/fleet.ts'
import type { ObjectCount, OutcomeCounts } from '../ports/outcome-counts.ts'
import type { Ports } from '../ports/ports.ts'
import { type Answer, jsonAnswer, problemAnswer } from './answer.ts'
import { outcomeTotals } from './outcome-totals.ts'
import { problem } from './problem.ts'
import { readParameters } from './query-parameters.ts'
import type { ListedObject } from './schemas/objects.ts'

/** What listing objects needs. */
export interface ObjectPorts extends Pick<Ports, 'configs' | 'clock'> {
  readonly counts: OutcomeCounts
}

const KINDS = ['Alert', 'Provider', 'Silence'] as const

const ObjectQuery = z.object({
  kind: z.enum(KINDS, 'expected Alert, Provider or Silence').optional(),
})

/**
 * Lists the Alerts, Providers and Silences of a cluster, with the Providers of the fleet to which its Alerts lead,
 * and how those that send did in the last 24 hours: 200
 * `{cluster, objects}`, 400 for an unknown, wrong or repeated parameter, or 404 without a configuration.
 * Rejects when a store fails.
 */
export async function listObjects(
  { configs, counts, clock }: ObjectPorts,
  cluster: string,
  parameters: Iterable<readonly [string, string]>,
): Promise<Answer> {
  const query = readParameters(ObjectQuery, parameters)
  if ('problem' in query) return problemAnswer(query.problem)
  const snapshot = await configs.read(cluster)
  if (typeof snapshot !== 'object') {
    return problemAnswer(problem('no-config', `the cluster ${cluster} has no configuration yet`))
  }
  const hours = lastDay(clock.now())
  const [alerts, providers] = await Promise.all([
    counts.byObject('alert', cluster, hours),
    counts.byObject('provider', cluster, hours),
  ])
  const known = new Map([
    ['Alert', countsByName(alerts)],
    ['Provider', countsByName(providers)],
  ])
  const shared = await sharedProviders(configs, snapshot)
  const manifests = new Map([...manifestsByName(snapshot), ...shared.manifests])
  const objects = [...snapshot.objects, ...shared.objects]
    .filter(({ kind }) => kind === (query.data.kind ?? kind))
    .map((object) => {
      const counted = known.get(object.kind)?.get(namespacedName(object))
      return objectView(object, manifests.get(nameWithKind(object)), counted)
    })
  return jsonAnswer(200, { cluster, objects: objects.toSorted(byName) })
}

/** The Providers of the fleet to which Alerts of a cluster lead, as they are listed with its own. */
async function sharedProviders(
  configs: ObjectPorts['configs'],
  { manifests }: ConfigSnapshot,
): Promise<{
  readonly objects: readonly ObjectReadiness[]
  readonly manifests: ReadonlyMap<string, KubernetesObject>
}> {
  const fleet = usesFleet(manifests) ? await readFleet(configs) : undefined
  const leadingTo = new Set(
    manifests.flatMap((manifest) => {
      const provider = manifest.kind === 'Alert' ? providerRefOf(manifest) : undefined
      return provider ? [namespacedName(provider)] : []
    }),
  )
  const named = fleet?.manifests.map((manifest) => {
    const place = { kind: 'Provider', namespace: FLEET, name: nameOf(manifest).name }
    return [nameWithKind(place), manifest] as const
  })
  return {
    objects: fleet?.objects.filter((object) => leadingTo.has(namespacedName(object))) ?? [],
    manifests: new Map(named),
  }
}

function objectView(
  readiness: ObjectReadiness,
  manifest: KubernetesObject | undefined,
  counts: readonly ObjectCount[] = [],
): ListedObject {
  const { kind, namespace, name, ready, reason, message } = readiness
  const { suspend } = Object(manifest?.spec) as Record<string, unknown>
  const type = kind === 'Provider' ? writtenType(manifest) : undefined
  const provider = kind === 'Alert' && manifest ? providerRefOf(manifest) : undefined
  const lastAt = (wanted: string) => counts.find(({ outcome }) => outcome === wanted)?.lastAt
  const [deliveredAt, deadAt] = [lastAt('delivered'), lastAt('dead')]
  return {
    ...{ kind, namespace, name, ready, reason, message },
    suspended: suspend === true,
    ...(type !== undefined && { type }),
    ...(provider && { provider: namespacedName(provider) }),
    ...(deliveredAt !== undefined && { lastDeliveredAt: new Date(deliveredAt).toISOString() }),
    ...(deadAt !== undefined && { lastDeadAt: new Date(deadAt).toISOString() }),
    outcomes: outcomeTotals(counts),
  }
}

function countsByName(counts: readonly ObjectCount[]): ReadonlyMap<string, readonly ObjectCount[]> {
  const byName = new Map<string, ObjectCount[]>()
  for (const count of counts) {
    const known = byName.get(count.name)
    if (known) known.push(count)
    else byName.set(count.name, [count])
  }
  return byName
}

function manifestsByName({ manifests }: ConfigSnapshot): ReadonlyMap<string, KubernetesObject> {
  return new Map(
    manifests.map((manifest) => {
      return [nameWithKind({ kind: String(manifest.kind), ...nameOf(manifest) }), manifest]
    }),
  )
}

function nameWithKind({
  kind,
  namespace,
  name,
}: Pick<ObjectReadiness, 'kind' | 'namespace' | 'name'>) {
  return `${kind}/${namespace}/${name}`
}

function byName(a: ListedObject, b: ListedObject): number {
  return nameWithKind(a) < nameWithKind(b) ? -1 : 1
}
