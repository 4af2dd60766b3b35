import type { RuleVariables } from '../../cel/condition.ts'
import { struct } from '../../cel/values.ts'
import type { Alert } from '../../model/alert.ts'
import type { Provider } from '../../model/provider.ts'
import { celVariables } from '../cel-variables.ts'
import type { MatchInput } from '../source-index.ts'

/**
 * The variables of a rule. `event` has its final metadata, as commit status expressions see it. The labels
 * are empty when the sender of the event does not know those of its object.
 */
export function ruleVariables(
  cluster: string,
  { event, objectLabels }: MatchInput,
  alert: Alert,
  provider: Provider,
): RuleVariables {
  const labels = struct(Object.entries(objectLabels ?? {}))
  return { ...celVariables(cluster, event, alert, provider), labels }
}
