import type { Alert, EventSource } from '../model/alert.ts'
import type { Pattern } from '../model/pattern.ts'
import type { PatternBudget } from './pattern-budget.ts'
import { compileRules, type Rules } from './rules/rules.ts'

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
}

/** One event source of one Alert. */
export interface AlertSource {
  readonly alert: CompiledAlert
  readonly source: EventSource
}

/** The namespace whose objects a source is for. */
export function sourceNamespace({ alert, source }: AlertSource): string {
  return source.namespace ?? alert.alert.metadata.namespace
}

const CONSEQUENCE = {
  inclusionList: 'events that only this entry lets through are not sent',
  exclusionList: 'events that this entry should hold back are sent',
} as const

/**
 * Compiles the lists of an Alert as far as the budget of its cluster allows. Yields at points where
 * other work may run.
 */
export function* compilingAlert(
  alert: Alert,
  budget: PatternBudget,
): Generator<void, CompiledAlert> {
  const problems: string[] = []
  const refusals: string[] = []
  const events = eventsOf(alert)
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
  const rules = compileRules('Alert', alert.annotations)
  return { alert, inclusion, exclusion, problems, refusals, rules }
}

/** The kinds and namespaces of the events that an Alert is for: `Kustomization in namespace apps`. */
function eventsOf({ metadata, spec }: Alert): readonly string[] {
  if (spec.inclusionList.length + spec.exclusionList.length === 0) return []
  const names = spec.eventSources.map(
    ({ kind, namespace }) => `${kind} in namespace ${namespace ?? metadata.namespace}`,
  )
  return [...new Set(names)]
}
