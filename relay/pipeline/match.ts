import type { Alert } from '../model/alert.ts'
import { type FieldError, fieldErrorText } from '../model/errors.ts'
import { type Event, objectName } from '../model/event.ts'
import { isFoundEnd } from '../model/good-ends.ts'
import { namespacedName } from '../model/kubernetes.ts'
import { annotationField } from '../model/rule-annotations.ts'
import type { ProviderType } from '../providers/contract.ts'
import { alertMiss } from './alert-miss.ts'
import { type AlertSource, type CompiledAlert, isForNamespace } from './compiled-alert.ts'
import { EventTests } from './event-tests.ts'
import { type RouteOptions, routeOf } from './provider-route.ts'
import type { CompiledProvider, RoutingTable } from './routing-table.ts'
import type { Miss, Rule } from './rule.ts'
import type { GroupRule } from './rules/group-rule.ts'
import { type IncidentRules, incidentRules } from './rules/incident-rules.ts'
import { followsFailures, type MemoryRules } from './rules/memory-rules.ts'
import { type RuleTexts, textsFor } from './rules/rule-texts.ts'
import { misfits } from './rules/rules.ts'
import type { CompiledSilence } from './silences/active-silences.ts'
import { type MatchInput, sourceMiss } from './source-index.ts'
import { typeGate } from './type-gate.ts'

/** The options by which a host matches. */
export type MatchOptions = RouteOptions

/** An Alert with a source that fits the event, and what follows from it. */
export type Candidate = { readonly alert: Alert } & (
  | {
      readonly kind: 'matched'
      readonly provider: CompiledProvider
      readonly type: ProviderType
      /** What the ledger tells of the Alert with each delivery. */
      readonly notes?: readonly string[]
      /** What rules say that its message shall be. */
      readonly texts?: RuleTexts
      /** The rules that have a memory. */
      readonly memory?: MemoryRules
      /** What rules say of its incident. */
      readonly incident?: IncidentRules
      /** How it becomes one message with others; `never`: not at all. */
      readonly group?: GroupRule | 'never'
      /** The Silences of its namespace. */
      readonly silences?: readonly CompiledSilence[]
    }
  | {
      /**
       * `skipped`: a rule says no. `missing`: the Provider may still come. `unknown-type`: no try
       * can succeed.
       */
      readonly kind: 'skipped' | 'missing' | 'unknown-type'
      readonly provider?: CompiledProvider
      /** The rules that have a memory, and hear of an event although its Alert does not take it. */
      readonly memory?: MemoryRules
      /** Which rule says no. */
      readonly rule: Rule
      readonly reason: string
    }
)

export interface Matches {
  /**
   * Every Alert with a fitting source, once, in the order of the configuration. A few are a list; of more
   * each is found when it is asked for, and no list of them is kept.
   */
  readonly alerts: Iterable<CompiledAlert>
  /**
   * What becomes of the event for each of these Alerts, found in the same way; of a few once. The tests of the
   * event are made by then.
   */
  readonly candidates: Iterable<Candidate>
  /** Finds the reason why no Alert fits, when none does. */
  whyNone(): string
}

/** Finds the Alerts of an event. */
export function match(
  input: MatchInput,
  table: RoutingTable,
  options: MatchOptions,
  tests = new EventTests(input),
): Matches {
  const { kind, namespace } = input.event.involvedObject
  const index = table.sources.for(kind, namespace)
  const fitting = index?.fitting(input) ?? []
  const judged = { event: input.event, tests }
  const whyNone = () => noMatchReason(input, index?.all ?? [])
  if (isList(fitting)) {
    const alerts = [...alertsOf(fitting)]
    const judgeAll = () => alerts.map((alert) => judge(judged, alert, table, options))
    return { alerts, candidates: new MadeOnce(judgeAll), whyNone }
  }
  return {
    alerts: { [Symbol.iterator]: () => alertsOf(fitting) },
    candidates: { [Symbol.iterator]: () => candidatesOf(judged, fitting, table, options) },
    whyNone,
  }
}

function isList<T>(items: Iterable<T>): items is readonly T[] {
  return Array.isArray(items)
}

/** The items of a list that is made when it is first asked for. */
class MadeOnce<T> implements Iterable<T> {
  readonly #make: () => readonly T[]
  #made: readonly T[] | undefined

  constructor(make: () => readonly T[]) {
    this.#make = make
  }

  [Symbol.iterator](): Iterator<T> {
    this.#made ??= this.#make()
    return this.#made.values()
  }
}

/**
 * Judges an event for one Alert, as a retry, a replay and an explanation do: what `match` finds for the
 * Alerts that fit, and which rule keeps it from any other.
 */
export function matchAlert(
  input: MatchInput,
  alert: CompiledAlert,
  table: RoutingTable,
  options: MatchOptions,
  tests = new EventTests(input),
): Candidate {
  const sources = sourcesOf(alert, input.event)
  const fitting = sources.filter((source) => sourceMiss(input, source) === undefined)
  const [candidate] = candidatesOf({ event: input.event, tests }, fitting, table, options)
  if (candidate) return candidate
  const { rule, reason } = alertMiss(input, alert, sources)
  return { kind: 'skipped', alert: alert.alert, rule, reason: `the Alert ${reason}` }
}

/** The sources of an Alert for the kind and namespace of an event. */
function sourcesOf(alert: CompiledAlert, { involvedObject }: Event): readonly AlertSource[] {
  const { kind, namespace } = involvedObject
  return alert.sources
    .map((source) => ({ alert, source }))
    .filter((entry) => entry.source.kind === kind && isForNamespace(entry, namespace))
}

/**
 * The Alerts of sources in the order of the configuration, in which the sources of one Alert stand
 * together.
 */
function* alertsOf(sources: Iterable<AlertSource>): Generator<CompiledAlert> {
  let last: CompiledAlert | undefined
  for (const { alert } of sources) {
    if (alert !== last) yield alert
    last = alert
  }
}

/** An event, with the tests of its message. */
interface Judged {
  readonly event: Event
  readonly tests: EventTests
}

function* candidatesOf(
  judged: Judged,
  fitting: Iterable<AlertSource>,
  table: RoutingTable,
  options: MatchOptions,
): Generator<Candidate> {
  for (const alert of alertsOf(fitting)) yield judge(judged, alert, table, options)
}

const MAX_NAMED_MISSES = 5

/** The reason why none of the sources for the event's kind and namespace fits. */
function noMatchReason(input: MatchInput, sources: readonly AlertSource[]): string {
  const { involvedObject } = input.event
  const { kind, namespace } = involvedObject
  if (sources.length === 0) return `no Alert has a source for ${kind} in namespace ${namespace}`
  const named = sources
    .slice(0, MAX_NAMED_MISSES)
    .map(
      (source) =>
        `Alert ${namespacedName(source.alert.alert.metadata)} ${sourceMiss(input, source)?.reason}`,
    )
  const more = sources.length - named.length
  return `no Alert takes ${objectName(involvedObject)}: ${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

/** While this annotation of an Alert is wrong, nobody knows where it leads. */
const PROVIDER_FIELD = annotationField('provider')

function annotationMiss(bearer: string, wrong: FieldError): Miss {
  const reason = `a rule of the ${bearer} is not valid: ${fieldErrorText(wrong)}`
  return { rule: 'annotations', reason }
}

/** Whether rules that follow failures hear of a success although another rule keeps it from being told. */
function hears(memory: MemoryRules | undefined, rule: Rule): memory is MemoryRules {
  return memory !== undefined && followsFailures(memory) && HEARD_ALL_THE_SAME.has(rule)
}

const HEARD_ALL_THE_SAME: ReadonlySet<Rule> = new Set(['inclusionList', 'exclusionList', 'when'])

const FOUND_END =
  'Flux did not report that the failure ended; that is told to incident tools, and to Alerts with only, after or remind'

/**
 * Whether the end of a failure that Flux did not report is told. To who gets what Flux reports it would be news of
 * nothing.
 */
function isNewsOf(event: Event, memory: MemoryRules | undefined, type: ProviderType): boolean {
  return (memory !== undefined && followsFailures(memory)) || type.resolves?.(event) === true
}

function judge(
  { event, tests }: Judged,
  compiled: CompiledAlert,
  table: RoutingTable,
  options: MatchOptions,
): Candidate {
  const { alert, rules } = compiled
  const skipped = (miss: Miss, provider?: CompiledProvider): Candidate => ({
    kind: 'skipped',
    alert,
    ...miss,
    ...(provider && { provider }),
    ...(hears(compiled.memory, miss.rule) && { memory: compiled.memory }),
  })

  if (alert.spec.suspend) return skipped({ rule: 'suspend', reason: 'Alert suspended' })
  const miss = tests.lists.missOf(compiled)
  if (miss !== undefined) return skipped(miss)
  const { namespace } = event.involvedObject
  const isOwn = namespace === '' || namespace === alert.metadata.namespace
  if (options.noCrossNamespaceRefs && !isOwn) {
    const reason =
      'the object is in another namespace than the Alert, which the option no-cross-namespace-refs forbids'
    return skipped({ rule: 'cross-namespace', reason })
  }

  const misnamed = rules.errors.find(({ field }) => field === PROVIDER_FIELD)
  if (misnamed) return { kind: 'missing', alert, ...annotationMiss('Alert', misnamed) }
  const route = routeOf(compiled, table, options)
  if (route.kind !== 'found') {
    const { kind: _, name: __, ...rest } = route
    return { kind: 'missing', alert, rule: 'provider', ...rest }
  }
  const { name: providerName, provider } = route
  if (provider.provider.spec.suspend) {
    return skipped({ rule: 'provider-suspend', reason: 'Provider suspended' }, provider)
  }
  const ownError = rules.errors[0] ?? (provider.type && misfits(rules, provider.type)[0])
  const wrong = ownError ?? provider.rules.errors[0]
  if (wrong !== undefined) {
    const bearer = ownError ? 'Alert' : `Provider ${providerName}`
    return { kind: 'missing', alert, provider, ...annotationMiss(bearer, wrong) }
  }
  const when = tests.conditions.resultOf(table.cluster, compiled, provider)
  if (!when.holds) {
    const bearer = rules.when === undefined ? 'Provider' : 'Alert'
    return skipped(
      { rule: 'when', reason: `the condition of the ${bearer} does not hold` },
      provider,
    )
  }
  const { type } = provider
  if (!type) {
    const reason = `Provider ${providerName} has the unknown type ${provider.provider.spec.type}`
    return { kind: 'unknown-type', alert, provider, rule: 'provider', reason }
  }
  if (isFoundEnd(event) && !isNewsOf(event, compiled.memory, type)) {
    return skipped({ rule: 'found-end', reason: FOUND_END }, provider)
  }
  const gated = typeGate(event, type)
  if (gated !== undefined) return skipped({ rule: 'type', reason: gated }, provider)
  const notes =
    when.error === undefined
      ? compiled.refusals
      : [...compiled.refusals, `the condition counts as fulfilled, as it failed: ${when.error}`]
  const texts = textsFor(rules, provider.rules)
  const incident = incidentRules(rules.incident, provider.rules.incident)
  const group = rules.group ?? provider.rules.group
  const silences = table.silences.get(alert.metadata.namespace)
  return {
    kind: 'matched',
    alert,
    provider,
    type,
    ...(notes.length > 0 && { notes }),
    ...(texts && { texts }),
    ...(compiled.memory && { memory: compiled.memory }),
    ...(incident && { incident }),
    ...(group && { group }),
    ...(silences && { silences }),
  }
}
