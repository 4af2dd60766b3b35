import type { RuleVariables } from '../../cel/condition.ts'
import { struct } from '../../cel/values.ts'
import type { Alert } from '../../model/alert.ts'
import { readableEvent } from '../../model/event.ts'
import type { Provider } from '../../model/provider.ts'
import { celVariables } from '../cel-variables.ts'
import { mergeMetadata } from '../merge-metadata.ts'
import type { MatchInput } from '../source-index.ts'

/**
 * The variables of a rule: the event with its final metadata, as commit status expressions see it, and the
 * labels of its object, which are empty when its sender does not know them.
 */
export function ruleVariables(
  cluster: string,
  { event, objectLabels }: MatchInput,
  alert: Alert,
  provider: Provider,
): RuleVariables {
  const { metadata } = mergeMetadata(event, alert)
  const merged = readableEvent({ ...event, metadata })
  return {
    ...celVariables(cluster, merged, alert, provider),
    labels: struct(Object.entries(objectLabels ?? {})),
  }
}
