import { type AlertSource, type CompiledAlert, sourceNamespaces } from './compiled-alert.ts'
import { type Miss, RULES } from './rule.ts'
import { type MatchInput, sourceMiss } from './source-index.ts'

/** Most things of a list that a reason names. */
const MAX_NAMED = 5

/**
 * Why none of an Alert's sources fits an event. `sources`: those that are for the event's kind and
 * namespace. With several the rule is the one to which the event came furthest.
 */
export function alertMiss(
  input: MatchInput,
  alert: CompiledAlert,
  sources: readonly AlertSource[],
): Miss {
  const misses = sources.flatMap((source) => sourceMiss(input, source) ?? [])
  const furthest = misses.toSorted((a, b) => RULES.indexOf(b.rule) - RULES.indexOf(a.rule))[0]
  if (furthest === undefined) return placeMiss(input, alert)
  return { rule: furthest.rule, reason: listed(misses.map(({ reason }) => reason)) }
}

/** Why an Alert has no source for the kind and namespace of an event. */
function placeMiss({ event }: MatchInput, alert: CompiledAlert): Miss {
  const { kind, namespace } = event.involvedObject
  const { sources } = alert
  const ofKind = sources.filter((source) => source.kind === kind)
  if (ofKind.length === 0) {
    const kinds = sources.map((source) => source.kind)
    return { rule: 'kind', reason: `is for ${listed(kinds)}, and not for ${kind}` }
  }
  const namespaces = ofKind.flatMap((source) => sourceNamespaces({ alert, source }))
  return {
    rule: 'namespace',
    reason: `is for ${kind} in namespace ${listed(namespaces)}, and not in ${namespace}`,
  }
}

/** Each text once, the first ones and how many more there are. */
function listed(texts: readonly string[]): string {
  const distinct = [...new Set(texts)]
  const more = distinct.length - MAX_NAMED
  const named = distinct.slice(0, MAX_NAMED).join(', ')
  return more > 0 ? `${named} and ${more} more` : named
}
