import type { Alert } from '../model/alert.ts'
import { fieldErrorText } from '../model/errors.ts'
import { type Event, objectName } from '../model/event.ts'
import { namespacedName } from '../model/kubernetes.ts'
import type { ProviderType } from '../providers/contract.ts'
import { alertMiss } from './alert-miss.ts'
import { type AlertSource, type CompiledAlert, isForNamespace } from './compiled-alert.ts'
import { EventTests } from './event-tests.ts'
import { type CompiledProvider, providerNameOf, type RoutingTable } from './routing-table.ts'
import type { Miss, Rule } from './rule.ts'
import { misfits, type RuleTexts, textsFor } from './rules/rules.ts'
import { type MatchInput, sourceMiss } from './source-index.ts'
import { typeGate } from './type-gate.ts'

export interface MatchOptions {
  /** Whether an Alert takes only events of its own namespace. */
  readonly noCrossNamespaceRefs: boolean
}

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
    }
  | {
      /**
       * `skipped`: a rule says no. `missing`: the Provider may still come. `unknown-type`: no try
       * can succeed.
       */
      readonly kind: 'skipped' | 'missing' | 'unknown-type'
      readonly provider?: CompiledProvider
      /** Which rule says no. */
      readonly rule: Rule
      readonly reason: string
    }
)

export interface Matches {
  /**
   * Every Alert with a fitting source, once, in the order of the configuration. Each is found when
   * it is asked for; no list of them is kept.
   */
  readonly alerts: Iterable<CompiledAlert>
  /** What becomes of the event for each of these Alerts, found in the same way. */
  readonly candidates: Iterable<Candidate>
  /** The reason why no Alert fits; empty when one does. It is found when it is asked for. */
  readonly reason: string
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
  return {
    alerts: { [Symbol.iterator]: () => alertsOf(fitting) },
    candidates: {
      [Symbol.iterator]: () => candidatesOf({ ...input, tests }, fitting, table, options),
    },
    get reason() {
      return isEmpty(fitting) ? noMatchReason(input, index?.all ?? []) : ''
    },
  }
}

function isEmpty(items: Iterable<unknown>): boolean {
  for (const _ of items) return false
  return true
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
  const [candidate] = candidatesOf({ ...input, tests }, fitting, table, options)
  if (candidate) return candidate
  const { rule, reason } = alertMiss(input, alert, sources)
  return { kind: 'skipped', alert: alert.alert, rule, reason: `the Alert ${reason}` }
}

/** The sources of an Alert for the kind and namespace of an event. */
function sourcesOf(alert: CompiledAlert, { involvedObject }: Event): readonly AlertSource[] {
  const { kind, namespace } = involvedObject
  return alert.alert.spec.eventSources
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
  { noCrossNamespaceRefs }: MatchOptions,
): Generator<Candidate> {
  for (const alert of alertsOf(fitting)) {
    const isOwn = alert.alert.metadata.namespace === judged.event.involvedObject.namespace
    yield judge(judged, alert, table, noCrossNamespaceRefs && !isOwn)
  }
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

function judge(
  { event, tests }: Judged,
  compiled: CompiledAlert,
  table: RoutingTable,
  crossesNamespaces: boolean,
): Candidate {
  const { alert } = compiled
  const skipped = (miss: Miss, provider?: CompiledProvider): Candidate => ({
    kind: 'skipped',
    alert,
    ...miss,
    ...(provider && { provider }),
  })

  if (alert.spec.suspend) return skipped({ rule: 'suspend', reason: 'Alert suspended' })
  const miss = tests.lists.missOf(compiled)
  if (miss !== undefined) return skipped(miss)
  if (crossesNamespaces) {
    const reason =
      'the object is in another namespace than the Alert, which the option no-cross-namespace-refs forbids'
    return skipped({ rule: 'cross-namespace', reason })
  }

  const providerName = providerNameOf(compiled)
  const provider = table.providers.get(providerName)
  if (!provider) {
    const reason = `Provider ${providerName} does not exist or is not valid`
    return { kind: 'missing', alert, rule: 'provider', reason }
  }
  if (provider.provider.spec.suspend) {
    return skipped({ rule: 'provider-suspend', reason: 'Provider suspended' }, provider)
  }
  const { rules } = compiled
  const ownErrors = [...rules.errors, ...(provider.type ? misfits(rules, provider.type) : [])]
  const [wrong] = [...ownErrors, ...provider.rules.errors]
  if (wrong !== undefined) {
    const bearer = ownErrors.length > 0 ? 'Alert' : `Provider ${providerName}`
    const reason = `a rule of the ${bearer} is not valid: ${fieldErrorText(wrong)}`
    return { kind: 'missing', alert, provider, rule: 'annotations', reason }
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
  const gated = typeGate(event, type)
  if (gated !== undefined) return skipped({ rule: 'type', reason: gated }, provider)
  const notes =
    when.error === undefined
      ? compiled.refusals
      : [...compiled.refusals, `the condition counts as fulfilled, as it failed: ${when.error}`]
  const texts = textsFor(rules, provider.rules)
  return {
    kind: 'matched',
    alert,
    provider,
    type,
    ...(notes.length > 0 && { notes }),
    ...(texts && { texts }),
  }
}
