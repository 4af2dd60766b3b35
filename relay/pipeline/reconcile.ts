import type { z } from 'zod'
import { AlertSpec, EventSource } from '../model/alert.ts'
import type { ConfigSnapshot, ObjectReadiness } from '../model/config.ts'
import { type FieldError, fieldErrorText } from '../model/errors.ts'
import { hashParts } from '../model/hash.ts'
import {
  type KubernetesObject,
  namespacedName,
  RELAY_ANNOTATION_PREFIX,
} from '../model/kubernetes.ts'
import { parseAlert, parseProvider } from '../model/parse-objects.ts'
import {
  DEFAULT_TIMEOUT_MS,
  MAX_TIMEOUT_MS,
  type Provider,
  ProviderSpec,
} from '../model/provider.ts'
import { annotationField } from '../model/rule-annotations.ts'
import type { SecretStore } from '../ports/secret-store.ts'
import { annotationNames } from '../providers/messages/annotations.ts'
import { providerTypes, settingAnnotations } from '../providers/registry.ts'
import {
  type AlertBudget,
  type CompiledAlert,
  compilingAlert,
  newAlertBudget,
  sourceNamespaces,
} from './compiled-alert.ts'
import { unknownFields } from './field-notes.ts'
import { type RouteOptions, routeOf } from './provider-route.ts'
import { readingOnce } from './reading-once.ts'
import { resolveProvider } from './resolve-provider.ts'
import { type CompiledProvider, compileProvider } from './routing-table.ts'
import { misfits } from './rules/rules.ts'
import { inSlices, noPause, type Pause, slicesOf } from './slices.ts'

/** The longest time of a try on a host, whatever a Provider says. Milliseconds. */
export interface TryBounds {
  /** The host, as a sentence names it: `on AWS`. */
  readonly where: string
  readonly firstTryMs: number
  readonly laterTryMs: number
}

/** What decides about objects beside the set itself. */
export interface HostRules extends Partial<RouteOptions> {
  /** The longest times of tries; a Provider that asks for more gets a warning. */
  readonly bounds?: TryBounds
}

/**
 * How many objects are judged without a pause: some milliseconds of work. The Providers of a slice
 * wait for their Secrets together, and at most three reads for each are under way at once.
 */
const SLICE = 20

/**
 * Makes a snapshot of a cluster's whole set, and tells of each object whether it takes effect. An
 * object that does not stays in the snapshot, so that people see it, and is left out of routing.
 * Waits for `pause` between the parts of a large set. Rejects when the Secrets cannot be read.
 */
export async function reconcile(
  cluster: string,
  manifests: readonly KubernetesObject[],
  takenAt: number,
  secrets: SecretStore,
  pause: Pause = noPause,
  { bounds, noCrossNamespaceRefs = false }: HostRules = {},
): Promise<ConfigSnapshot> {
  const ofKind = (wanted: string) => manifests.filter(({ kind }) => kind === wanted)
  const providers = new Map<string, ObjectReadiness>()
  const compiled = new Map<string, CompiledProvider>()
  const reads = readingOnce(secrets)
  for (const slice of slicesOf(ofKind('Provider'), SLICE)) {
    await pause()
    const judged = slice.map((manifest) => judgeProvider(cluster, manifest, reads, bounds))
    for (const { readiness, provider } of await Promise.all(judged)) {
      const name = namespacedName(readiness)
      providers.set(name, readiness)
      if (provider) compiled.set(name, provider)
    }
  }
  const alerts: ObjectReadiness[] = []
  const budget = newAlertBudget()
  const surroundings = {
    ...{ cluster, providers, compiled, budget },
    options: { noCrossNamespaceRefs },
  }
  for (const slice of slicesOf(ofKind('Alert'), SLICE)) {
    await pause()
    for (const manifest of slice) {
      alerts.push(await inSlices(judgeAlert(surroundings, manifest), pause))
    }
  }
  await pause()
  return {
    cluster,
    revision: hashParts(JSON.stringify(manifests)),
    takenAt,
    manifests,
    objects: [...alerts, ...providers.values()],
  }
}

/** A Provider that is judged, and its compiled form if it has one. */
interface JudgedProvider {
  readonly readiness: ObjectReadiness
  readonly provider?: CompiledProvider
}

async function judgeProvider(
  cluster: string,
  manifest: KubernetesObject,
  secrets: SecretStore,
  bounds: TryBounds | undefined,
): Promise<JudgedProvider> {
  const result = parseProvider(cluster, manifest)
  if (!('object' in result)) return { readiness: invalid('Provider', result) }
  const { metadata } = result.object
  const provider = compileProvider(result.object)
  const problem = await providerError(cluster, provider, secrets)
  if (problem) {
    const readiness = { kind: 'Provider', ...named(metadata), ready: false, ...problem }
    return { readiness, provider }
  }
  const readiness = ready('Provider', metadata, [
    ...ignoredFields(manifest.spec, ProviderSpec, 'spec'),
    ...ignoredAnnotations(result.object),
    ...shortenedTimeout(result.object),
    ...(bounds ? boundedTimeout(result.object, bounds) : []),
  ])
  return { readiness, provider }
}

async function providerError(cluster: string, compiled: CompiledProvider, secrets: SecretStore) {
  const { provider, type, contextExpression, rules } = compiled
  if (rules.errors.length > 0) {
    return { reason: 'ValidationFailed', message: rules.errors.map(fieldErrorText).join('; ') }
  }
  if (!type) {
    return { reason: 'ValidationFailed', message: `spec.type: unknown type ${provider.spec.type}` }
  }
  if (contextExpression && 'error' in contextExpression) {
    const message = `spec.commitStatusExpr: ${contextExpression.error}`
    return { reason: 'ValidationFailed', message }
  }
  const resolve = (fresh: boolean) => resolveProvider(cluster, provider, type, secrets, { fresh })
  let resolved = await resolve(false)
  // The Secret may have come, or been mended, a moment ago.
  if (resolved.kind !== 'resolved') resolved = await resolve(true)
  if (resolved.kind === 'resolved') return undefined
  return {
    reason: resolved.kind === 'missing' ? 'SecretNotFound' : 'ValidationFailed',
    message: resolved.reason,
  }
}

/** Warnings about annotations that the Provider's type does not have. */
function ignoredAnnotations({ annotations, spec }: Provider): readonly string[] {
  const type = providerTypes.get(spec.type)
  const known = type ? annotationNames(type.settings) : undefined
  return Object.keys(annotations)
    .filter((name) => known && !known.has(name) && settingAnnotations.has(name))
    .map((name) => `annotation ${RELAY_ANNOTATION_PREFIX}${name} is ignored by ${spec.type}`)
}

/** A warning about a Provider whose timeout is longer than the host allows. */
function boundedTimeout({ spec }: Provider, bounds: TryBounds): readonly string[] {
  const { where, firstTryMs, laterTryMs } = bounds
  const tries = [
    ['a first try takes', firstTryMs],
    ['a later one', laterTryMs],
  ] as const
  const shorter = tries.filter(([, ms]) => ms < (spec.timeout ?? DEFAULT_TIMEOUT_MS))
  if (shorter.length === 0) return []
  const texts = shorter.map(([name, ms]) => `${name} ${ms / 1_000}s at most`)
  return [`spec.timeout: ${where} ${texts.join(', ')}`]
}

function shortenedTimeout({ spec }: Provider): readonly string[] {
  if (spec.timeout === undefined || spec.timeout <= MAX_TIMEOUT_MS) return []
  return [
    `spec.timeout: counts as ${MAX_TIMEOUT_MS / 1_000}s, the longest that one attempt may take`,
  ]
}

/** What the readiness of an Alert depends on besides the Alert itself. */
interface AlertSurroundings {
  readonly cluster: string
  readonly providers: ReadonlyMap<string, ObjectReadiness>
  /** The valid Providers. */
  readonly compiled: ReadonlyMap<string, CompiledProvider>
  /** What the Alerts before it have left of the budget. */
  readonly budget: AlertBudget
  readonly options: RouteOptions
}

function* judgeAlert(
  { cluster, providers, compiled, budget, options }: AlertSurroundings,
  manifest: KubernetesObject,
): Generator<void, ObjectReadiness> {
  const result = parseAlert(cluster, manifest)
  if (!('object' in result)) return invalid('Alert', result)
  const { metadata, spec } = result.object
  const alert = yield* compilingAlert(result.object, budget)
  const { problems, refusals, rules } = alert
  const route = routeOf(alert, compiled, options)
  const { name: providerName } = route
  const provider = providers.get(providerName)
  const type = compiled.get(providerName)?.type
  const ruleErrors = [...rules.errors, ...(type ? misfits(rules, type) : [])]
  if (ruleErrors.length > 0) return invalid('Alert', { ...metadata, errors: ruleErrors })
  const field = rules.provider ? annotationField('provider') : 'spec.providerRef.name'
  const notReady = (reason: string, ...messages: readonly string[]): ObjectReadiness => {
    const message = [...messages, ...refusals, ...problems].join('; ')
    return { kind: 'Alert', ...named(metadata), ready: false, reason, message }
  }
  if (route.kind === 'denied') return notReady('AccessDenied', `${field}: ${route.reason}`)
  if (!provider)
    return notReady('ProviderNotFound', `${field}: there is no Provider ${providerName}`)
  if (!provider.ready) {
    return notReady(
      'ProviderNotReady',
      `Provider ${providerName} is not ready: ${provider.message}`,
    )
  }
  if (refusals.length > 0) {
    // It takes effect all the same, without these entries.
    return notReady('PatternRefused')
  }
  return ready('Alert', metadata, [
    ...problems,
    ...(options.noCrossNamespaceRefs ? forbiddenNamespaces(alert) : []),
    ...ignoredFields(manifest.spec, AlertSpec, 'spec'),
    ...spec.eventSources.flatMap((_, index) =>
      ignoredFields(
        (manifest.spec as { eventSources: unknown[] }).eventSources[index],
        EventSource,
        `spec.eventSources[${index}]`,
      ),
    ),
  ])
}

/** A warning about an Alert for objects that the option no-cross-namespace-refs forbids it. */
function forbiddenNamespaces(compiled: CompiledAlert): readonly string[] {
  const { alert } = compiled
  const { namespace } = alert.metadata
  const isForOthers = alert.spec.eventSources.some((source) => {
    const namespaces = sourceNamespaces({ alert: compiled, source })
    return namespaces === 'all' || namespaces.some((name) => name !== namespace)
  })
  if (!isForOthers) return []
  return [
    `takes events of the namespace ${namespace} alone, as the option no-cross-namespace-refs has it`,
  ]
}

/**
 * The readiness of an object that takes effect. `kubectl get alerts` shows the message, with its
 * warnings, under STATUS.
 */
function ready(
  kind: string,
  metadata: { readonly namespace: string; readonly name: string },
  warnings: readonly string[],
): ObjectReadiness {
  const message = ['Initialized', ...warnings].join('; ')
  return { kind, ...named(metadata), ready: true, reason: 'Succeeded', message }
}

function invalid(
  kind: string,
  result: { name: string; namespace: string; errors: readonly FieldError[] },
): ObjectReadiness {
  const message = result.errors.map(fieldErrorText).join('; ')
  return { kind, ...named(result), ready: false, reason: 'ValidationFailed', message }
}

function named({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  return { namespace, name }
}

/** The unknown fields of a value, as texts of a message. */
function ignoredFields(value: unknown, schema: z.ZodObject, path: string): readonly string[] {
  return unknownFields(value, schema, path).map(({ field, message }) => `${field} ${message}`)
}
