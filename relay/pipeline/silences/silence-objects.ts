import { CelError } from '../../cel/cel-error.ts'
import { compileCondition } from '../../cel/condition.ts'
import type { ConfigSnapshot } from '../../model/config.ts'
import type { FieldError } from '../../model/errors.ts'
import { hashParts } from '../../model/hash.ts'
import { type KubernetesObject, namespacedName } from '../../model/kubernetes.ts'
import { parseSilence } from '../../model/parse-objects.ts'
import type { SilenceObject } from '../../model/silence-object.ts'
import { inSlices, type Pause } from '../slices.ts'
import type { CompiledSilence } from './active-silences.ts'
import { compileWindows, WindowsError } from './windows.ts'

/** A Silence that is compiled, or what is wrong with it. */
export type CompiledObject =
  | { readonly silence: CompiledSilence }
  | { readonly errors: readonly FieldError[] }

/** The most Silences of a cluster: each is asked about each delivery of the Alerts in its namespace. */
export const MAX_SILENCES = 200

/** The beginning of the ids of Silences among the objects of a cluster. */
const OBJECT_PREFIX = 'Silence/'

/** Whether the `holdId` of a silence is that of an object. */
export function isObjectId(holdId: string): boolean {
  return holdId.startsWith(OBJECT_PREFIX)
}

/** Compiles a Silence. One that is suspended is never in force. */
export function compileSilence({ metadata, spec }: SilenceObject): CompiledObject {
  const { match, reason, suspend } = spec
  const errors: FieldError[] = []
  const compiled = {
    condition: part(errors, () => compileCondition(match)),
    windows: part(errors, () => compileWindows(spec)),
  }
  const { condition, windows } = compiled
  if (!condition || !windows) return { errors }
  const id = `${OBJECT_PREFIX}${namespacedName(metadata)}`
  const endAt = suspend ? () => undefined : (now: number) => windows.endAt(now)
  const holdId = `${id}/${hashParts(match).slice(0, 12)}`
  return { silence: { id, holdId, reason, condition, endAt } }
}

function part<T>(errors: FieldError[], compile: () => T): T | undefined {
  try {
    return compile()
  } catch (error) {
    if (error instanceof CelError) errors.push({ field: 'spec.match', message: error.message })
    else if (error instanceof WindowsError) errors.push(...error.errors)
    else throw error
    return undefined
  }
}

/** A Silence that is in force, of the Alerts of its namespace. */
export interface ObjectInForce {
  readonly id: string
  /** What the deliveries note that it holds back. */
  readonly holdId: string
  readonly namespace: string
  readonly match: string
  readonly reason: string
  /** When its window ends, in milliseconds since the epoch. */
  readonly endsAt: number
}

/**
 * The Silences of a set that are in force at `now`, in milliseconds since the epoch. Hundreds take a quarter of a second
 * to compile, so there is a pause after each.
 */
export async function objectsInForce(
  snapshot: Pick<ConfigSnapshot, 'cluster' | 'manifests'> | undefined,
  now: number,
  pause: Pause,
): Promise<readonly ObjectInForce[]> {
  if (snapshot === undefined) return []
  const { cluster, manifests } = snapshot
  const byNamespace = await inSlices(compilingSilences(cluster, manifests), pause)
  return [...byNamespace].flatMap(([namespace, silences]) =>
    silences.flatMap(({ id, holdId, condition, reason, endAt }) => {
      const endsAt = endAt(now)
      const match = condition.source
      return endsAt === undefined ? [] : [{ id, holdId, namespace, match, reason, endsAt }]
    }),
  )
}

/** Compiles the valid Silences of a set, by their namespaces, whose Alerts they are for. Yields after each. */
export function* compilingSilences(
  cluster: string,
  manifests: readonly KubernetesObject[],
): Generator<void, ReadonlyMap<string, readonly CompiledSilence[]>> {
  const byNamespace = new Map<string, CompiledSilence[]>()
  for (const [namespace, silence] of validSilences(cluster, manifests)) {
    const own = byNamespace.get(namespace)
    if (own) own.push(silence)
    else byNamespace.set(namespace, [silence])
    yield
  }
  return byNamespace
}

/** The valid Silences among the first `MAX_SILENCES`, each with its namespace. */
function* validSilences(
  cluster: string,
  manifests: readonly KubernetesObject[],
): Generator<readonly [namespace: string, silence: CompiledSilence]> {
  for (const manifest of manifests.filter(isSilence).slice(0, MAX_SILENCES)) {
    const parsed = parseSilence(cluster, manifest)
    if (!('object' in parsed)) continue
    const compiled = compileSilence(parsed.object)
    if ('silence' in compiled) yield [parsed.object.metadata.namespace, compiled.silence]
  }
}

function isSilence({ kind }: KubernetesObject): boolean {
  return kind === 'Silence'
}
