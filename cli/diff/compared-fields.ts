import { isJsonObject } from '../../relay/model/json-value.ts'
import { type KubernetesObject, RELAY_ANNOTATION_PREFIX } from '../../relay/model/kubernetes.ts'
import { nameOf } from '../../relay/model/parse-objects.ts'
import { storedForm } from '../../relay/model/stored-form.ts'

type Fields = Readonly<Record<string, unknown>>

/** Labels that Flux, kubectl and Helm add to what they apply: no file has them. */
const ADDED_LABEL = /^(?:[a-z0-9-]+\.){0,8}(?:fluxcd\.io|kubectl\.kubernetes\.io|helm\.sh)\//

/**
 * The fields of an object that decide what a relay does with it, so that one from a file and the same one from a
 * cluster are equal: with defaults, without what is empty, and without the metadata that a cluster adds. All versions of
 * the API have the same fields, so the version is none of them.
 */
export function comparedFields(manifest: KubernetesObject): Fields {
  if (manifest.kind === 'Secret') return { data: manifest.data }
  const { metadata, spec } = storedForm(manifest)
  const { labels, annotations } = fieldsOf(metadata)
  const isOwn = (name: string) => name.startsWith(RELAY_ANNOTATION_PREFIX)
  return {
    metadata: {
      labels: select(labels, (name) => !ADDED_LABEL.test(name)),
      annotations: select(annotations, isOwn),
    },
    spec: withDefaults(manifest.kind, fieldsOf(spec), nameOf(manifest).namespace),
  }
}

/** What most objects leave out is there with its default, so that one sees from what it changes. */
function withDefaults(kind: unknown, spec: Fields, namespace: string): Fields {
  const { eventSeverity, eventSources, suspend, ...rest } = spec
  return {
    ...select(rest, (name) => !isEmpty(rest[name])),
    suspend: suspend ?? false,
    ...(kind === 'Alert' && { eventSeverity: isEmpty(eventSeverity) ? 'info' : eventSeverity }),
    ...(!isEmpty(eventSources) && { eventSources: sourcesOf(eventSources, namespace) }),
  }
}

/** A source without a namespace is for that of its Alert. */
function sourcesOf(sources: unknown, own: string): unknown {
  if (!Array.isArray(sources)) return sources
  return sources.map((source: unknown) => {
    if (!isJsonObject(source)) return source
    const isSaid = (name: string) => name !== 'namespace' || source.namespace !== own
    return select(source, (name) => isSaid(name) && !isEmpty(source[name]))
  })
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

function select(fields: unknown, isKept: (name: string) => boolean): Fields {
  return Object.fromEntries(Object.entries(fieldsOf(fields)).filter(([name]) => isKept(name)))
}

function fieldsOf(value: unknown): Fields {
  return isJsonObject(value) ? value : {}
}
