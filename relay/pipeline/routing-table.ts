import { CelError, compileStringExpression, type StringExpression } from '../cel.ts'
import type { Alert, EventSource } from '../model/alert.ts'
import type { ConfigSnapshot } from '../model/config.ts'
import { namespacedName } from '../model/kubernetes.ts'
import { compilePattern, type Pattern } from '../model/pattern.ts'
import type { Provider } from '../model/provider.ts'
import { parseObjects } from '../parse-objects.ts'
import type { ProviderType } from '../providers/contract.ts'
import { providerTypes } from '../providers/registry.ts'

/** An entry of an inclusionList or exclusionList that compiled. */
export interface Rule {
  /** Where it stands, such as `exclusionList[1]`. */
  readonly field: string
  readonly pattern: Pattern
}

export interface CompiledAlert {
  readonly alert: Alert
  readonly inclusion: readonly Rule[]
  readonly exclusion: readonly Rule[]
  /** What is wrong with each entry that did not compile; such entries are ignored. */
  readonly problems: readonly string[]
}

export interface CompiledProvider {
  readonly provider: Provider
  /** Undefined for a type that the relay does not know. */
  readonly type: ProviderType | undefined
  /** Present when the Provider has a `commitStatusExpr`. */
  readonly contextExpression: StringExpression | { readonly error: string } | undefined
}

/** One event source of one Alert. */
export interface Source {
  readonly alert: CompiledAlert
  readonly source: EventSource
}

/**
 * A cluster's configuration made ready for matching: all that can be done per configuration is done
 * here, once, and matching an event looks only at the sources of its own kind and namespace.
 */
export interface RoutingTable {
  readonly cluster: string
  readonly revision: string
  /** By `sourceKey`. */
  readonly sources: ReadonlyMap<string, readonly Source[]>
  readonly alertsByUid: ReadonlyMap<string, CompiledAlert>
  /** By `namespace/name`. */
  readonly providers: ReadonlyMap<string, CompiledProvider>
}

export function sourceKey(kind: string, namespace: string): string {
  return `${kind}/${namespace}`
}

/** Compiles the valid objects of a snapshot; the others are named in its `objects`. */
export function compileRoutingTable(snapshot: ConfigSnapshot): RoutingTable {
  const { alerts, providers } = parseObjects(snapshot.cluster, snapshot.manifests)
  const compiled = alerts.map(compileAlert)
  const sources = new Map<string, Source[]>()
  for (const alert of compiled) {
    for (const source of alert.alert.spec.eventSources) {
      const key = sourceKey(source.kind, source.namespace ?? alert.alert.metadata.namespace)
      const bucket = sources.get(key)
      if (bucket) bucket.push({ alert, source })
      else sources.set(key, [{ alert, source }])
    }
  }
  return {
    cluster: snapshot.cluster,
    revision: snapshot.revision,
    sources,
    alertsByUid: new Map(compiled.map((entry) => [entry.alert.metadata.uid, entry])),
    providers: new Map(
      providers.map((provider) => [namespacedName(provider.metadata), compileProvider(provider)]),
    ),
  }
}

export function compileAlert(alert: Alert): CompiledAlert {
  const problems: string[] = []
  const compileList = (name: 'inclusionList' | 'exclusionList') =>
    alert.spec[name].flatMap((source, index): readonly Rule[] => {
      const field = `${name}[${index}]`
      const pattern = compilePattern(source)
      if (!('error' in pattern)) return [{ field, pattern }]
      problems.push(`spec.${field} is ignored, it is no RE2 pattern: ${pattern.error}`)
      return []
    })
  const inclusion = compileList('inclusionList')
  const exclusion = compileList('exclusionList')
  return { alert, inclusion, exclusion, problems }
}

export function compileProvider(provider: Provider): CompiledProvider {
  const { type, commitStatusExpr } = provider.spec
  return {
    provider,
    type: providerTypes.get(type),
    contextExpression: commitStatusExpr === '' ? undefined : compileExpression(commitStatusExpr),
  }
}

function compileExpression(source: string): StringExpression | { readonly error: string } {
  try {
    return compileStringExpression(source)
  } catch (error) {
    if (error instanceof CelError) return { error: error.message }
    throw error
  }
}
