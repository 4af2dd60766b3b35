import { CelError } from '../cel/cel-error.ts'
import { compileStringExpression, type StringExpression } from '../cel/string-expression.ts'
import type { ConfigSnapshot } from '../model/config.ts'
import { namespacedName } from '../model/kubernetes.ts'
import { parseObjects } from '../model/parse-objects.ts'
import type { Provider } from '../model/provider.ts'
import type { ProviderType } from '../providers/contract.ts'
import { providerTypes } from '../providers/registry.ts'
import {
  type CompiledAlert,
  compilingAlert,
  type Source,
  sourceNamespace,
} from './compiled-alert.ts'
import { PatternBudget } from './pattern-budget.ts'
import { inSlices, type Pause, slicesOf } from './slices.ts'
import { indexSources, type SourceIndex } from './source-index.ts'

export interface CompiledProvider {
  readonly provider: Provider
  /** Undefined for a type that the relay does not know. */
  readonly type: ProviderType | undefined
  /** Present when the Provider has a `commitStatusExpr`. */
  readonly contextExpression: StringExpression | { readonly error: string } | undefined
}

/**
 * A cluster's configuration made ready for matching: all that can be done per configuration is done
 * here, once, and matching an event costs the same however many Alerts there are that do not fit.
 */
export interface RoutingTable {
  readonly cluster: string
  readonly revision: string
  /** By `sourceKey`. */
  readonly sources: ReadonlyMap<string, SourceIndex>
  readonly alertsByUid: ReadonlyMap<string, CompiledAlert>
  /** By `namespace/name`. */
  readonly providers: ReadonlyMap<string, CompiledProvider>
  /** What testing a message takes for each of its characters, at the most. */
  readonly patternSteps: number
}

/** Its length goes before the kind: an event may have any text as its kind and its namespace. */
export function sourceKey(kind: string, namespace: string): string {
  return `${kind.length}:${kind}/${namespace}`
}

/** Compiles the valid objects of a snapshot; the others are named in its `objects`. */
export function compileRoutingTable(snapshot: ConfigSnapshot): RoutingTable {
  const steps = compiling(snapshot)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** The same with a pause between parts of a large set, in which a host may do something else. */
export function compileInSlices(snapshot: ConfigSnapshot, pause: Pause): Promise<RoutingTable> {
  return inSlices(compiling(snapshot), pause)
}

/** Objects that are compiled in one step: some milliseconds of work. */
const SLICE = 20

function* compiling(snapshot: ConfigSnapshot): Generator<void, RoutingTable> {
  const { cluster, revision, manifests } = snapshot
  const budget = new PatternBudget()
  const compiled: CompiledAlert[] = []
  const providers = new Map<string, CompiledProvider>()
  for (const slice of slicesOf(manifests, SLICE)) {
    const parsed = parseObjects(cluster, slice)
    for (const alert of parsed.alerts) compiled.push(yield* compilingAlert(alert, budget))
    for (const provider of parsed.providers) {
      providers.set(namespacedName(provider.metadata), compileProvider(provider))
    }
    yield
  }
  const sources = new Map<string, SourceIndex>()
  for (const slice of slicesOf(sourcesByKey(compiled), SLICE)) {
    for (const [key, bucket] of slice) sources.set(key, indexSources(bucket))
    yield
  }
  const alertsByUid = new Map(compiled.map((entry) => [entry.alert.metadata.uid, entry]))
  return { cluster, revision, sources, alertsByUid, providers, patternSteps: budget.mostSteps }
}

function sourcesByKey(alerts: readonly CompiledAlert[]): ReadonlyMap<string, readonly Source[]> {
  const sources = new Map<string, Source[]>()
  for (const alert of alerts) {
    for (const source of alert.alert.spec.eventSources) {
      const key = sourceKey(source.kind, sourceNamespace({ alert, source }))
      const bucket = sources.get(key)
      if (bucket) bucket.push({ alert, source })
      else sources.set(key, [{ alert, source }])
    }
  }
  return sources
}

export function compileProvider(provider: Provider): CompiledProvider {
  const { type, commitStatusExpr } = provider.spec
  return {
    provider,
    type: providerTypes.get(type),
    contextExpression: commitStatusExpr === '' ? undefined : compileExpression(commitStatusExpr),
  }
}

function compileExpression(source: string): StringExpression | { readonly error: string } {
  try {
    return compileStringExpression(source)
  } catch (error) {
    if (error instanceof CelError) return { error: error.message }
    throw error
  }
}
