import type { Alert, EventSource } from '../model/alert.ts'
import type { Pattern } from '../model/pattern.ts'
import { annotationField } from '../model/rule-annotations.ts'
import { NO_EVENTS, PatternBudget, type PatternEvents } from './pattern-budget.ts'
import type { MemoryRules } from './rules/memory-rules.ts'
import { MAX_LISTED_SOURCES, NamespaceBudget } from './rules/namespace-budget.ts'
import { isIn, type NameList } from './rules/namespaces.ts'
import { compileRules, type Rules } from './rules/rules.ts'
import { SELF_KINDS } from './rules/self-rule.ts'

/** An entry of an inclusionList or exclusionList that compiled. */
export interface ListEntry {
  /** Where it stands, such as `exclusionList[1]`. */
  readonly field: string
  readonly pattern: Pattern
}

export interface CompiledAlert {
  readonly alert: Alert
  readonly inclusion: readonly ListEntry[]
  readonly exclusion: readonly ListEntry[]
  /**
   * What is wrong with each entry that is not a pattern, and what follows from it: Flux ignores
   * such entries.
   */
  readonly problems: readonly string[]
  /**
   * What is wrong with each entry that Flux accepts and that costs too much here. The Alert is not
   * ready then.
   */
  readonly refusals: readonly string[]
  /** The rules in its annotations. */
  readonly rules: Rules
  /** What it is for: the sources of its spec, and those of the rule `self`. */
  readonly sources: readonly CompiledSource[]
  /** The rules that have a memory, those of its Provider included. Most Alerts have none. */
  readonly memory?: MemoryRules
}

/** An event source; `anywhere`: it is for objects of any namespace, or of none. */
export type CompiledSource = EventSource & { readonly anywhere?: true }

/** One event source of one Alert. */
export interface AlertSource {
  readonly alert: CompiledAlert
  readonly source: CompiledSource
}

/** The namespaces whose objects a source is for. */
export function sourceNamespaces({
  alert: { alert, rules },
  source,
}: {
  readonly alert: Pick<CompiledAlert, 'alert' | 'rules'>
  readonly source: CompiledSource
}): NameList {
  if (source.anywhere) return 'all'
  if (source.namespace !== undefined) return [source.namespace]
  return rules.namespaces ?? [alert.metadata.namespace]
}

/** Whether a source is for objects of this namespace. */
export function isForNamespace(source: AlertSource, namespace: string): boolean {
  return isIn(sourceNamespaces(source), namespace)
}

const CONSEQUENCE = {
  inclusionList: 'events that only this entry lets through are not sent',
  exclusionList: 'events that this entry should hold back are sent',
} as const

/** What the Alerts of one cluster may cost together. */
export interface AlertBudget {
  readonly patterns: PatternBudget
  readonly namespaces: NamespaceBudget
}

/** The budget of a cluster of which nothing is compiled yet. */
export function newAlertBudget(): AlertBudget {
  return { patterns: new PatternBudget(), namespaces: new NamespaceBudget() }
}

/**
 * Compiles the lists and the rules of an Alert as far as the budget of its cluster allows. Yields at points
 * where other work may run.
 */
export function* compilingAlert(
  alert: Alert,
  { patterns: budget, namespaces }: AlertBudget,
): Generator<void, CompiledAlert> {
  const problems: string[] = []
  const refusals: string[] = []
  const rules = boundedRules(alert, compileRules('Alert', alert.annotations), namespaces)
  const sources = sourcesOf(alert, rules)
  const events = eventsOf(alert, rules, sources)
  function* compileList(name: 'inclusionList' | 'exclusionList') {
    const entries: ListEntry[] = []
    for (const [index, source] of alert.spec[name].entries()) {
      if (budget.wantsPause()) yield
      const field = `${name}[${index}]`
      const pattern = budget.compile(source, events)
      const effect = `so ${CONSEQUENCE[name]}`
      if (!('error' in pattern)) entries.push({ field, pattern })
      else if (pattern.isTooCostly) {
        refusals.push(`spec.${field} is refused, ${effect}; it costs too much: ${pattern.error}`)
      } else {
        problems.push(
          `spec.${field} is ignored, ${effect}; it is not an RE2 pattern: ${pattern.error}`,
        )
      }
    }
    return entries
  }
  const inclusion = yield* compileList('inclusionList')
  const exclusion = yield* compileList('exclusionList')
  return { alert, inclusion, exclusion, problems, refusals, rules, sources }
}

/** The sources of an Alert. No object of the kind Cluster is in a namespace. */
function sourcesOf({ spec }: Alert, { self = [] }: Rules): readonly CompiledSource[] {
  const own = spec.eventSources.map(
    (source): CompiledSource =>
      source.kind === SELF_KINDS.clusters ? { ...source, anywhere: true } : source,
  )
  const ofSelf = self.map((topic): CompiledSource => {
    const any = { namespace: undefined, matchLabels: {}, anywhere: true } as const
    return { kind: SELF_KINDS[topic], name: '*', ...any }
  })
  return ofSelf.length === 0 ? own : [...own, ...ofSelf]
}

/**
 * The rules of an Alert, if the index has places for its list of namespaces. Otherwise the rule counts as one
 * that is not valid: events of any namespace wait for the mended one.
 */
function boundedRules({ spec }: Alert, rules: Rules, budget: NamespaceBudget): Rules {
  const { namespaces = [] } = rules
  if (namespaces === 'all') return rules
  const listed = spec.eventSources.filter(({ namespace }) => namespace === undefined)
  if (budget.take(listed.length * namespaces.length)) return rules
  const message = `the lists of the cluster up to this one name more than ${MAX_LISTED_SOURCES} namespaces, counted once for each source; name fewer, or * for all`
  const error = { field: annotationField('namespaces'), message }
  return { ...rules, namespaces: 'all', errors: [...rules.errors, error] }
}

/** The kinds and namespaces of the events that an Alert is for: `Kustomization in namespace apps`. */
function eventsOf(alert: Alert, rules: Rules, sources: readonly CompiledSource[]): PatternEvents {
  const events = { named: new Set<string>(), anywhere: new Set<string>() }
  if (alert.spec.inclusionList.length + alert.spec.exclusionList.length === 0) return NO_EVENTS
  for (const source of sources) {
    const { kind } = source
    const namespaces = sourceNamespaces({ alert: { alert, rules }, source })
    if (namespaces === 'all') events.anywhere.add(`${kind} in any namespace`)
    else for (const name of namespaces) events.named.add(`${kind} in namespace ${name}`)
  }
  return { named: [...events.named], anywhere: [...events.anywhere] }
}
