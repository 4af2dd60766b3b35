import { isJsonObject } from '../../../relay/model/json-value.ts'
import type { ApiObject } from '../kubernetes/collection.ts'

/** The kinds that some Alert selects by label, sorted. The Alerts need not be valid. */
export function selectedKinds(alerts: readonly ApiObject[]): readonly string[] {
  const kinds = alerts.flatMap(({ spec }) => {
    const sources = isJsonObject(spec) && Array.isArray(spec.eventSources) ? spec.eventSources : []
    return sources.filter(isJsonObject).flatMap(({ kind, matchLabels }) => {
      const isSelecting = isJsonObject(matchLabels) && Object.keys(matchLabels).length > 0
      return isSelecting && typeof kind === 'string' && kind !== '' ? [kind] : []
    })
  })
  return [...new Set(kinds)].sort()
}
