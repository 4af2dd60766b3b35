import type { CelVariables } from '../cel/string-expression.ts'
import { type CelStruct, type CelValue, fromJson, struct } from '../cel/values.ts'
import type { Alert } from '../model/alert.ts'
import { parseDurationMs } from '../model/duration.ts'
import type { Event } from '../model/event.ts'
import { type KubernetesObject, NOTIFICATION_GROUP } from '../model/kubernetes.ts'
import type { Provider } from '../model/provider.ts'

/**
 * The variables of a commit status expression as Flux makes them: an object with the fields of Flux's
 * types, where a field that Flux leaves out when it is empty is absent:
 * https://github.com/fluxcd/pkg/blob/main/apis/event/v1beta1/event.go,
 * https://github.com/fluxcd/notification-controller/tree/main/api/v1beta3
 */
export function celVariables(
  cluster: string,
  event: Event,
  alert: Alert,
  provider: Provider,
): CelVariables {
  return {
    event: eventStruct(event),
    alert: once(alert, alertStruct),
    provider: once(provider, providerStruct),
    cluster,
  }
}

/** The structs that were made of Alerts and Providers. Many events share one of these objects. */
const made = new WeakMap<object, CelStruct>()

function once<T extends object>(object: T, make: (object: T) => CelStruct): CelStruct {
  const known = made.get(object) ?? make(object)
  made.set(object, known)
  return known
}

function eventStruct(event: Event): CelStruct {
  const { involvedObject, metadata, reportingInstance } = event
  return {
    involvedObject: filled({ ...involvedObject }),
    severity: event.severity,
    timestamp: wholeSeconds(event.timestamp),
    message: event.message,
    reason: event.reason,
    reportingController: event.reportingController,
    ...filled({ metadata: struct(Object.entries(metadata)), reportingInstance }),
  }
}

/**
 * Cuts a time to whole seconds, as Kubernetes writes times: `2026-11-20T09:14:03.250Z` becomes
 * `2026-11-20T09:14:03Z`.
 */
function wholeSeconds(timestamp: string): string {
  return timestamp.replace(/\.\d+Z$/, 'Z')
}

function alertStruct({ spec, manifest }: Alert): CelStruct {
  const sources = spec.eventSources.map(({ apiVersion, kind, name, namespace, matchLabels }) =>
    filled({ apiVersion: apiVersion ?? '', kind, name, namespace: namespace ?? '', matchLabels }),
  )
  const { inclusionList, exclusionList, eventMetadata, summary, suspend } = spec
  return object('Alert', manifest, {
    providerRef: { name: spec.providerRef.name },
    eventSources: sources,
    ...filled({ eventSeverity: spec.eventSeverity, inclusionList, exclusionList }),
    ...filled({ eventMetadata: { ...eventMetadata }, summary, suspend }),
  })
}

function providerStruct({ spec, manifest }: Provider): CelStruct {
  const given = Object(manifest.spec) as Readonly<Record<string, unknown>>
  const { type, channel, username, address, proxy, serviceAccountName } = spec
  const { suspend, commitStatusExpr } = spec
  return object('Provider', manifest, {
    type,
    ...filled({ interval: duration(given.interval), channel, username, address }),
    ...filled({ timeout: duration(given.timeout), proxy, serviceAccountName }),
    ...filled({ proxySecretRef: reference(spec.proxySecretRef) }),
    ...filled({ secretRef: reference(spec.secretRef) }),
    ...filled({ certSecretRef: reference(spec.certSecretRef), suspend, commitStatusExpr }),
  })
}

function reference(ref: { readonly name: string } | undefined): CelStruct {
  return ref ? { name: ref.name } : {}
}

/**
 * The object as Flux's expressions see it. Flux reads every version as v1beta3, and the API server
 * counts the generations of an object from 1.
 */
function object(kind: string, manifest: KubernetesObject, spec: CelStruct): CelStruct {
  const metadata = filled(fromJson(Object(manifest.metadata)) as CelStruct)
  return {
    kind,
    apiVersion: `${NOTIFICATION_GROUP}/v1beta3`,
    metadata: { ...metadata, generation: metadata.generation ?? 1n },
    spec,
  }
}

/** The fields that are not empty. Go's `omitempty` leaves out the empty ones. */
function filled(fields: CelStruct): CelStruct {
  return struct(Object.entries(fields).filter(([, value]) => !isEmpty(value)))
}

function isEmpty(value: CelValue): boolean {
  if (value === null || value === '' || value === false) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

/** The duration as Go prints it: `90s` becomes `1m30s`. Empty for a text that is not a duration. */
function duration(given: unknown): string {
  const ms = typeof given === 'string' ? parseDurationMs(given) : undefined
  if (ms === undefined) return ''
  if (ms > 0 && ms < 1_000) return ms < 1 ? `${Math.round(ms * 1_000)}µs` : `${ms}ms`
  const seconds = ms / 1_000
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60]
  const rest = `${Number((seconds % 60).toFixed(9))}s`
  if (hours > 0) return `${hours}h${minutes}m${rest}`
  return minutes > 0 ? `${minutes}m${rest}` : rest
}
