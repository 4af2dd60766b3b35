import type { RuleVariables } from '../../cel/condition.ts'
import { type CelStruct, CelTimestamp, struct } from '../../cel/values.ts'
import type { Alert } from '../../model/alert.ts'
import type { Provider } from '../../model/provider.ts'
import { celVariables } from '../cel-variables.ts'
import type { LastTold } from '../episodes/last-told.ts'
import type { RuleInput } from '../source-index.ts'

/**
 * The variables of a rule. `event` has its final metadata, as commit status expressions see it; to those an
 * event without any has no `metadata`, while a rule may ask for a key of it. The labels are empty when the
 * sender of the event does not know those of its object.
 */
export function ruleVariables(
  cluster: string,
  { event, objectLabels, last }: RuleInput,
  alert: Alert,
  provider: Provider,
): RuleVariables {
  const variables = celVariables(cluster, event, alert, provider)
  const metadata = struct(Object.entries(event.metadata))
  const labels = struct(Object.entries(objectLabels ?? {}))
  return { ...variables, event: { ...variables.event, metadata }, labels, last: lastStruct(last) }
}

/** It is empty when nothing was told. */
function lastStruct(last: LastTold | undefined): CelStruct {
  if (last === undefined) return {}
  const { at, ...said } = last
  const seconds = Math.floor(at / 1_000)
  return { ...said, when: new CelTimestamp(seconds, (at - seconds * 1_000) * 1_000_000, 0) }
}
