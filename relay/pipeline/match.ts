import type { Alert } from '../model/alert.ts'
import { type Event, type Labels, objectName } from '../model/event.ts'
import { namespacedName } from '../model/kubernetes.ts'
import type { ProviderType } from '../providers/contract.ts'
import {
  type CompiledAlert,
  type CompiledProvider,
  type RoutingTable,
  type Rule,
  type Source,
  sourceKey,
} from './routing-table.ts'
import { typeGate } from './type-gate.ts'

/** What is matched: an event as received, and what else its sender knows. */
export interface MatchInput {
  readonly event: Event
  readonly objectLabels?: Labels | undefined
}

export interface MatchOptions {
  /** An Alert takes no events of other namespaces than its own. */
  readonly noCrossNamespaceRefs: boolean
}

/** An Alert with a source that fits, and what that leads to. */
export type Candidate = { readonly alert: Alert } & (
  | {
      readonly kind: 'matched'
      readonly provider: CompiledProvider
      readonly type: ProviderType
    }
  | {
      /** `skipped`: a rule says no. `missing`: the Provider may come. `unknown-type`: it cannot. */
      readonly kind: 'skipped' | 'missing' | 'unknown-type'
      readonly provider?: CompiledProvider
      readonly reason: string
    }
)

export interface Matches {
  readonly candidates: readonly Candidate[]
  /** Why no Alert fits, when none does. */
  readonly reason: string
}

/** Finds the Alerts of an event. Every Alert with a fitting source is a candidate, once. */
export function match(input: MatchInput, table: RoutingTable, options: MatchOptions): Matches {
  const { kind, namespace } = input.event.involvedObject
  const sources = table.sources.get(sourceKey(kind, namespace)) ?? []
  const fitting = new Map<CompiledAlert, boolean>()
  const misses: string[] = []
  for (const source of sources) {
    const miss = sourceMiss(input, source)
    if (miss !== undefined) {
      misses.push(`${namespacedName(source.alert.alert.metadata)} ${miss}`)
      continue
    }
    const isOwn = source.alert.alert.metadata.namespace === namespace
    fitting.set(source.alert, (fitting.get(source.alert) ?? false) || isOwn)
  }
  return {
    candidates: [...fitting].map(([alert, isOwn]) => {
      const crosses = options.noCrossNamespaceRefs && !isOwn
      return judge(input.event, alert, table, crosses)
    }),
    reason: noMatchReason(input.event, misses),
  }
}

/** Judges an event for one Alert again, as a retry or a replay does. */
export function matchAlert(
  input: MatchInput,
  alert: CompiledAlert,
  table: RoutingTable,
  options: MatchOptions,
): Candidate {
  const own = match(input, { ...table, sources: sourcesOf(alert, input.event) }, options)
  return own.candidates[0] ?? { kind: 'skipped', alert: alert.alert, reason: own.reason }
}

function sourcesOf(alert: CompiledAlert, event: Event): ReadonlyMap<string, readonly Source[]> {
  const { kind, namespace } = event.involvedObject
  const sources = alert.alert.spec.eventSources.filter(
    (source) =>
      source.kind === kind && (source.namespace ?? alert.alert.metadata.namespace) === namespace,
  )
  return new Map([[sourceKey(kind, namespace), sources.map((source) => ({ alert, source }))]])
}

/** Why a source of the right kind and namespace does not fit; undefined when it does. */
function sourceMiss({ event, objectLabels }: MatchInput, { alert, source }: Source) {
  if (alert.alert.spec.eventSeverity === 'error' && event.severity !== 'error') {
    return `takes errors only, and this is severity ${event.severity}`
  }
  if (source.name !== '*' && source.name !== event.involvedObject.name) {
    return `is for ${source.kind} ${source.name}`
  }
  const wanted = Object.entries(source.matchLabels)
  if (wanted.length === 0) return undefined
  if (objectLabels === undefined) {
    return 'selects by matchLabels, and the sender did not send the labels of the object'
  }
  const missing = wanted.find(([key, value]) => objectLabels[key] !== value)
  return missing && `wants the label ${missing[0]}=${missing[1]}`
}

const MAX_NAMED_MISSES = 5

function noMatchReason(event: Event, misses: readonly string[]): string {
  const object = objectName(event.involvedObject)
  if (misses.length === 0) {
    return `no Alert has a source for ${event.involvedObject.kind} in namespace ${event.involvedObject.namespace}`
  }
  const named = misses.slice(0, MAX_NAMED_MISSES).map((miss) => `Alert ${miss}`)
  const more = misses.length - named.length
  return `no Alert takes ${object}: ${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

function judge(
  event: Event,
  compiled: CompiledAlert,
  table: RoutingTable,
  crossesNamespaces: boolean,
): Candidate {
  const { alert } = compiled
  const { namespace } = alert.metadata
  const skipped = (reason: string, provider?: CompiledProvider): Candidate => ({
    kind: 'skipped',
    alert,
    reason,
    ...(provider && { provider }),
  })

  if (alert.spec.suspend) return skipped('Alert suspended')
  const ruled = ruleAgainst(event.message, compiled)
  if (ruled !== undefined) return skipped(ruled)
  if (crossesNamespaces) {
    return skipped(
      `the object is in another namespace than the Alert, which the option no-cross-namespace-refs forbids`,
    )
  }

  const providerName = `${namespace}/${alert.spec.providerRef.name}`
  const provider = table.providers.get(providerName)
  if (!provider) {
    const reason = `Provider ${providerName} does not exist or is not valid`
    return { kind: 'missing', alert, reason }
  }
  if (provider.provider.spec.suspend) return skipped('Provider suspended', provider)
  const { type } = provider
  if (!type) {
    const reason = `Provider ${providerName} has the unknown type ${provider.provider.spec.type}`
    return { kind: 'unknown-type', alert, provider, reason }
  }
  const gated = typeGate(event, type)
  if (gated !== undefined) return skipped(gated, provider)
  return { kind: 'matched', alert, provider, type }
}

function ruleAgainst(message: string, compiled: CompiledAlert): string | undefined {
  const matches = (rule: Rule) => rule.pattern.test(message)
  if (compiled.alert.spec.inclusionList.length > 0 && !compiled.inclusion.some(matches)) {
    return 'no pattern of inclusionList matches the message'
  }
  const excluding = compiled.exclusion.find(matches)
  return excluding && `excluded by ${excluding.field} /${excluding.pattern.source}/`
}
