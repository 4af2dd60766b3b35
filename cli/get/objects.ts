import { UsageError } from '../../client/usage-error.ts'
import type { Readiness } from '../../relay/api/schemas/config.ts'
import { FLEET, isOfFleet } from '../../relay/model/fleet.ts'
import { namespacedName } from '../../relay/model/kubernetes.ts'
import { writtenType } from '../../relay/model/provider.ts'
import { providerRefOf } from '../../relay/model/provider-ref.ts'
import { formatAge } from '../output/age.ts'
import { formatDocument, type OutputFormat, print, warnLine } from '../output/print.ts'
import { formatTable } from '../output/table.ts'
import { DEFAULT_CLUSTER, type RelayFlags, requireCluster, withRelay } from '../relay/options.ts'
import { type FoundObject, type ObjectKind, objectsOf, suspendedText } from './found-objects.ts'

export interface GetObjectsFlags extends RelayFlags {
  readonly namespace: string
  readonly allNamespaces?: boolean
  readonly cluster?: string
  /** Those of the fleet, in the place of a cluster's. */
  readonly fleet?: boolean
  readonly output: OutputFormat
}

/** Shows the objects of one kind, as `kubectl get` does. */
export async function getObjects(
  kind: ObjectKind,
  names: readonly string[],
  { output, ...flags }: GetObjectsFlags,
): Promise<void> {
  const { cluster = DEFAULT_CLUSTER } = flags
  const fleet = flags.fleet === true || flags.namespace === FLEET
  if (!fleet) requireCluster(flags)
  const config = await withRelay(flags, (api) => (fleet ? api.fleet() : api.config(cluster)))
  const owner = fleet ? 'the fleet' : `the cluster ${cluster}`
  if (!config)
    throw new UsageError(`${owner} has no ${fleet ? 'Providers' : 'configuration'} yet`, 1)
  const found = objectsOf(config, kind).filter(({ readiness }) => isAsked(readiness, names, flags))
  const isTable = output === 'table' || output === 'wide'
  if (found.length === 0 && names.length === 0 && isTable) {
    const place = flags.allNamespaces || fleet ? '' : ` in the namespace ${flags.namespace}`
    return warnLine(`No ${kind}s found${place} of ${fleet ? owner : cluster}.`)
  }
  const missing = names.filter((name) => !found.some(({ readiness }) => isNamed(readiness, name)))
  if (!isTable) print(await formatDocument(listOf(found), output))
  else if (found.length > 0) print(tableOf(kind, found, { isWide: output === 'wide', ...flags }))
  if (missing.length > 0) throw new UsageError(`there is no ${kind} ${missing.join(', ')}`, 1)
}

/** Whether an object has this name, or this `namespace/name`. */
function isNamed(object: Readiness, name: string): boolean {
  return (name.includes('/') ? namespacedName(object) : object.name) === name
}

function isAsked(
  object: Readiness,
  names: readonly string[],
  flags: Pick<GetObjectsFlags, 'namespace' | 'allNamespaces' | 'fleet'>,
): boolean {
  const { namespace } = object
  const isThere =
    flags.allNamespaces === true || isOfFleet({ namespace }) || namespace === flags.namespace
  if (names.length === 0) return isThere
  return names.some((name) => (isThere || name.includes('/')) && isNamed(object, name))
}

interface TableStyle {
  readonly isWide: boolean
  readonly allNamespaces?: boolean
}

/** The columns of Flux's own CRDs, and of its command line. */
function tableOf(
  kind: ObjectKind,
  found: readonly FoundObject[],
  { isWide, allNamespaces }: TableStyle,
) {
  const now = Date.now()
  const rows = found.map(({ readiness, manifest }) => [
    ...(allNamespaces ? [readiness.namespace] : []),
    readiness.name,
    suspendedText(manifest),
    readiness.ready ? 'True' : 'False',
    readiness.message,
    formatAge(Object(manifest?.metadata).creationTimestamp, now),
    ...(isWide ? [readiness.reason, referenceOf(readiness, manifest)] : []),
  ])
  const reference = { Alert: 'PROVIDER', Provider: 'TYPE', Silence: 'WHEN' }[kind]
  const heading = [
    ...(allNamespaces ? ['NAMESPACE'] : []),
    ...['NAME', 'SUSPENDED', 'READY', 'STATUS', 'AGE'],
    ...(isWide ? ['REASON', reference] : []),
  ]
  return formatTable(heading, rows)
}

/** What a person looks for next: an Alert's Provider, a Provider's type, the time of a Silence. */
function referenceOf({ kind, namespace }: Readiness, manifest: FoundObject['manifest']): string {
  if (kind === 'Provider') return writtenType(manifest) ?? ''
  if (kind === 'Silence') return timeOf(manifest)
  const provider = manifest && providerRefOf(manifest)
  if (provider === undefined) return ''
  return provider.namespace === namespace ? provider.name : namespacedName(provider)
}

/** Such as `0 22 * * * Europe/Berlin for 8h`, or `until 2026-12-01T06:00:00Z`. */
function timeOf(manifest: FoundObject['manifest']): string {
  const { schedule, timeZone, duration, endsAt } = Object(manifest?.spec) as Record<string, unknown>
  if (schedule === undefined) return endsAt === undefined ? '' : `until ${endsAt}`
  return `${schedule} ${timeZone ?? 'UTC'} for ${duration}`
}

/** The objects with the `Ready` condition that a cluster would show. */
function listOf(found: readonly FoundObject[]) {
  return { apiVersion: 'v1', kind: 'List', items: found.map(withStatus) }
}

function withStatus({ readiness, manifest }: FoundObject) {
  const { kind, namespace, name, ready, reason, message } = readiness
  const condition = { type: 'Ready', status: ready ? 'True' : 'False', reason, message }
  return {
    ...(manifest ?? { kind, metadata: { namespace, name } }),
    status: { conditions: [condition] },
  }
}
