import { isJsonObject, type JsonObject } from '../../../relay/model/json-value.ts'
import { namespacedName, relayAnnotations } from '../../../relay/model/kubernetes.ts'
import { providerRefOf } from '../../../relay/model/provider-ref.ts'
import type { ApiObject } from '../kubernetes/collection.ts'

/** The objects that may ask for labels. They need not be valid. */
export interface LabelAskers {
  readonly alerts: readonly ApiObject[]
  readonly providers: readonly ApiObject[]
  readonly silences: readonly ApiObject[]
}

/** The variable of an expression that has the labels of the event's object; a field of this name is another thing. */
const LABELS_VARIABLE = /(?<![\w.])labels\b/

/**
 * The kinds of which labels are needed, sorted: those that some Alert selects by label, and those of an Alert where
 * its rules, those of its Provider or a Silence of its namespace read labels.
 */
export function labelledKinds({ alerts, providers, silences }: LabelAskers): readonly string[] {
  const readingProviders = new Set(providers.filter(hasReadingRule).map(nameOf))
  const silencedNamespaces = new Set(silences.filter(hasReadingMatch).map(namespaceOf))
  const kinds = alerts.flatMap((alert) => {
    const areRead =
      hasReadingRule(alert) ||
      readingProviders.has(providerOf(alert) ?? '') ||
      silencedNamespaces.has(namespaceOf(alert))
    return sourcesOf(alert).flatMap(({ kind, matchLabels }) => {
      const isSelecting = isJsonObject(matchLabels) && Object.keys(matchLabels).length > 0
      return (areRead || isSelecting) && typeof kind === 'string' && kind !== '' ? [kind] : []
    })
  })
  return [...new Set(kinds)].sort()
}

function sourcesOf({ spec }: ApiObject): readonly JsonObject[] {
  const sources = isJsonObject(spec) && Array.isArray(spec.eventSources) ? spec.eventSources : []
  return sources.filter(isJsonObject)
}

function hasReadingRule(object: ApiObject): boolean {
  return Object.values(rulesOf(object)).some((rule) => LABELS_VARIABLE.test(rule))
}

function hasReadingMatch({ spec }: ApiObject): boolean {
  return isJsonObject(spec) && LABELS_VARIABLE.test(String(spec.match))
}

function rulesOf({ metadata }: ApiObject): Readonly<Record<string, string>> {
  const annotations = isJsonObject(metadata.annotations) ? metadata.annotations : {}
  const texts = Object.entries(annotations).map(([name, text]) => [name, String(text)])
  return relayAnnotations(Object.fromEntries(texts))
}

/** The Provider that an Alert leads to, as `namespace/name`; undefined when it names none. */
function providerOf(alert: ApiObject): string | undefined {
  const provider = providerRefOf(alert)
  return provider && namespacedName(provider)
}

function namespaceOf({ metadata }: ApiObject): string {
  return metadata.namespace ?? ''
}

function nameOf(object: ApiObject): string {
  return namespacedName({ namespace: namespaceOf(object), name: object.metadata.name })
}
