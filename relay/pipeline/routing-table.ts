import { CelError } from '../cel/cel-error.ts'
import { compileStringExpression, type StringExpression } from '../cel/string-expression.ts'
import type { ConfigSnapshot } from '../model/config.ts'
import { isOfFleet } from '../model/fleet.ts'
import { namespacedName } from '../model/kubernetes.ts'
import { parseFleetProvider, parseObjects } from '../model/parse-objects.ts'
import type { Provider } from '../model/provider.ts'
import type { ProviderType } from '../providers/contract.ts'
import { providerTypes, settingAnnotations } from '../providers/registry.ts'
import { type CompiledAlert, compilingAlert, newAlertBudget } from './compiled-alert.ts'
import { providerNameOf } from './provider-route.ts'
import { accessMisfits } from './rules/provider-access.ts'
import { compileRules, memoryOf, misfits, type Rules } from './rules/rules.ts'
import { SELF_KINDS } from './rules/self-rule.ts'
import type { CompiledSilence } from './silences/active-silences.ts'
import { compilingSilences } from './silences/silence-objects.ts'
import { inSlices, type Pause, slicesOf } from './slices.ts'
import { SourceIndexes } from './source-indexes.ts'

export interface CompiledProvider {
  readonly provider: Provider
  /** The type; undefined when the relay does not know it. */
  readonly type: ProviderType | undefined
  /** The compiled `commitStatusExpr`, or its error. Absent when the Provider has none. */
  readonly contextExpression: StringExpression | { readonly error: string } | undefined
  /** The rules in its annotations. */
  readonly rules: Rules
}

/**
 * A cluster's configuration, compiled for matching. All that can be done once per configuration is
 * done here, so that the cost of matching an event does not grow with the number of Alerts that do
 * not fit.
 */
export interface RoutingTable {
  readonly cluster: string
  readonly revision: string
  readonly sources: SourceIndexes
  readonly alertsByUid: ReadonlyMap<string, CompiledAlert>
  /** The Providers of the cluster and of the fleet; the key is `namespace/name`. */
  readonly providers: ReadonlyMap<string, CompiledProvider>
  /** The most steps that the patterns take for one character of a message. */
  readonly patternSteps: number
  /** Whether any Alert takes events about Providers, which the relay reports. */
  readonly tellsOfProviders: boolean
  /** Whether any Alert or Provider has a condition. */
  readonly hasConditions: boolean
  /** Whether any Alert leads to a Provider of the fleet. */
  readonly usesFleet: boolean
  /** The Silences by their namespaces, whose Alerts they are for. */
  readonly silences: ReadonlyMap<string, readonly CompiledSilence[]>
}

/** The set of the fleet. */
export type FleetSet = Pick<ConfigSnapshot, 'manifests'>

/** Compiles the valid objects of a snapshot, and the Providers of the fleet. The snapshot's `objects` name the others. */
export function compileRoutingTable(snapshot: ConfigSnapshot, fleet?: FleetSet): RoutingTable {
  const steps = compiling(snapshot, fleet)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** Does what `compileRoutingTable` does, with pauses in which the host may do other work. */
export function compileInSlices(
  snapshot: ConfigSnapshot,
  pause: Pause,
  fleet?: FleetSet,
): Promise<RoutingTable> {
  return inSlices(compiling(snapshot, fleet), pause)
}

/** How many objects are compiled in one step: some milliseconds of work. */
const SLICE = 20

function* compiling(
  snapshot: ConfigSnapshot,
  fleet: FleetSet | undefined,
): Generator<void, RoutingTable> {
  const { cluster, revision, manifests } = snapshot
  const budget = newAlertBudget()
  const compiled: CompiledAlert[] = []
  const providers = new Map(fleet && fleetProviders(cluster, fleet))
  for (const slice of slicesOf(manifests, SLICE)) {
    const parsed = parseObjects(cluster, slice)
    for (const alert of parsed.alerts) compiled.push(yield* compilingAlert(alert, budget))
    for (const provider of parsed.providers) {
      providers.set(namespacedName(provider.metadata), compileProvider(provider))
    }
    yield
  }
  const alerts = compiled.map((alert) =>
    withMemory(alert, providers.get(providerNameOf(alert))?.rules),
  )
  const sources = yield* SourceIndexes.of(alerts)
  const alertsByUid = new Map(alerts.map((entry) => [entry.alert.metadata.uid, entry]))
  const bearers = [...alerts, ...providers.values()]
  return {
    cluster,
    revision,
    sources,
    alertsByUid,
    providers,
    patternSteps: budget.patterns.mostSteps,
    tellsOfProviders: alerts.some(({ sources }) =>
      sources.some(({ kind }) => kind === SELF_KINDS.deliveries),
    ),
    hasConditions: bearers.some(({ rules }) => rules.when !== undefined),
    usesFleet: compiled.some(
      ({ rules }) => rules.provider !== undefined && isOfFleet(rules.provider),
    ),
    silences: yield* compilingSilences(cluster, manifests),
  }
}

/** An Alert with the rules that have a memory: its own, or else those of its Provider. */
function withMemory(alert: CompiledAlert, provider: Rules | undefined): CompiledAlert {
  const memory = memoryOf(alert.rules, provider)
  return memory ? { ...alert, memory } : alert
}

/**
 * The valid Providers of the fleet by `_fleet/name`, each as it is for this cluster: with a UID that it has for no
 * other, since commit statuses and destinations are told apart by it.
 */
export function fleetProviders(
  cluster: string,
  { manifests }: FleetSet,
): ReadonlyMap<string, CompiledProvider> {
  const compiled = manifests.flatMap((manifest) => {
    const parsed = parseFleetProvider(cluster, manifest)
    if (!('object' in parsed)) return []
    return [[namespacedName(parsed.object.metadata), compileProvider(parsed.object)] as const]
  })
  return new Map(compiled)
}

export function compileProvider(provider: Provider): CompiledProvider {
  const { commitStatusExpr } = provider.spec
  const type = providerTypes.get(provider.spec.type)
  return {
    provider,
    type,
    rules: rulesOf(provider, type),
    contextExpression: commitStatusExpr === '' ? undefined : compileExpression(commitStatusExpr),
  }
}

function rulesOf({ annotations, metadata }: Provider, type: ProviderType | undefined): Rules {
  const rules = compileRules('Provider', annotations, settingAnnotations)
  const unfit = [
    ...accessMisfits(rules, isOfFleet(metadata)),
    ...(type ? misfits(rules, type) : []),
  ]
  return unfit.length === 0 ? rules : { ...rules, errors: [...rules.errors, ...unfit] }
}

function compileExpression(source: string): StringExpression | { readonly error: string } {
  try {
    return compileStringExpression(source)
  } catch (error) {
    if (error instanceof CelError) return { error: error.message }
    throw error
  }
}
