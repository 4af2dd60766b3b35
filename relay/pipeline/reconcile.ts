import { AlertSpec, EventSource } from '../model/alert.ts'
import type { ConfigSnapshot, ObjectReadiness } from '../model/config.ts'
import { FLEET } from '../model/fleet.ts'
import { hashParts } from '../model/hash.ts'
import { type KubernetesObject, namespacedName } from '../model/kubernetes.ts'
import { withOwnUids } from '../model/own-uids.ts'
import {
  parseAlert,
  parseFleetProvider,
  parseProvider,
  parseSilence,
} from '../model/parse-objects.ts'
import { annotationField } from '../model/rule-annotations.ts'
import { SilenceSpec } from '../model/silence-object.ts'
import type { SecretStore } from '../ports/secret-store.ts'
import {
  type AlertBudget,
  type CompiledAlert,
  compilingAlert,
  newAlertBudget,
  sourceNamespaces,
} from './compiled-alert.ts'
import { usesFleet } from './fleet.ts'
import { judgeProvider, type TryBounds } from './provider-readiness.ts'
import { type RouteOptions, routeOf } from './provider-route.ts'
import { ignoredFields, invalid, named, ready } from './readiness.ts'
import { readingOnce } from './reading-once.ts'
import { type CompiledProvider, fleetProviders } from './routing-table.ts'
import { misfits } from './rules/rules.ts'
import { plainMessages } from './rules/thread-rule.ts'
import { compileSilence, MAX_SILENCES } from './silences/silence-objects.ts'
import { inSlices, noPause, type Pause, slicesOf } from './slices.ts'

/** What decides about objects beside the set itself. */
export interface HostRules extends Partial<RouteOptions> {
  /** The longest times of tries; a Provider that asks for more gets a warning. */
  readonly bounds?: TryBounds
}

/** The same, with what is stored elsewhere. */
export interface Surroundings extends HostRules {
  /** Reads the set of the fleet; called when an Alert leads there. */
  readonly fleet?: () => Promise<ConfigSnapshot | undefined>
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
  written: readonly KubernetesObject[],
  takenAt: number,
  secrets: SecretStore,
  pause: Pause = noPause,
  { bounds, noCrossNamespaceRefs = false, fleet }: Surroundings = {},
): Promise<ConfigSnapshot> {
  const { manifests, isCopy } = withOwnUids(written)
  const ofKind = (wanted: string) => manifests.filter(({ kind }) => kind === wanted)
  const providers = new Map<string, ObjectReadiness>()
  const compiled = new Map<string, CompiledProvider>()
  const threadless = new Map<string, string>()
  const reads = readingOnce(secrets)
  for (const slice of slicesOf(ofKind('Provider'), SLICE)) {
    await pause()
    const judged = slice.map((manifest) =>
      judgeProvider(cluster, parseProvider(cluster, manifest), { secrets: reads, bounds }),
    )
    for (const { readiness, provider, noThreads } of await Promise.all(judged)) {
      const name = namespacedName(readiness)
      providers.set(name, readiness)
      if (provider) compiled.set(name, provider)
      if (noThreads !== undefined) threadless.set(name, noThreads)
    }
  }
  const alerts: ObjectReadiness[] = []
  const budget = newAlertBudget()
  const shared = usesFleet(manifests) ? await fleet?.() : undefined
  const surroundings = {
    ...{ cluster, budget, threadless },
    providers: new Map([...providers, ...byName(shared?.objects ?? [])]),
    compiled: new Map([...compiled, ...(shared ? fleetProviders(cluster, shared) : [])]),
    options: { noCrossNamespaceRefs },
  }
  for (const slice of slicesOf(ofKind('Alert'), SLICE)) {
    await pause()
    for (const manifest of slice) {
      alerts.push(await inSlices(judgeAlert(surroundings, manifest), pause))
    }
  }
  const silences: ObjectReadiness[] = []
  for (const slice of slicesOf(ofKind('Silence'), SLICE)) {
    await pause()
    for (const manifest of slice) {
      silences.push(silenceReadiness(cluster, manifest, silences.length))
    }
  }
  await pause()
  const objects = [...alerts, ...providers.values(), ...silences]
  return {
    cluster,
    revision: hashParts(JSON.stringify(manifests)),
    takenAt,
    manifests,
    objects: objects.map((object) => (isCopy(object) ? withUidNote(object) : object)),
  }
}

/** The readiness of an object whose UID is that of another one too. */
function withUidNote(object: ObjectReadiness): ObjectReadiness {
  const note = 'metadata.uid is that of another object of this kind, and does not count; remove it'
  return { ...object, message: `${object.message}; ${note}` }
}

/**
 * Does the same for the set of the fleet, which has Providers only. Whom they allow is no part of their readiness,
 * but of that of each Alert.
 */
export async function reconcileFleet(
  manifests: readonly KubernetesObject[],
  takenAt: number,
  secrets: SecretStore,
  pause: Pause = noPause,
  { bounds }: HostRules = {},
): Promise<ConfigSnapshot> {
  const objects: ObjectReadiness[] = []
  const reads = readingOnce(secrets)
  for (const slice of slicesOf(manifests, SLICE)) {
    await pause()
    const judged = slice.map((manifest) =>
      judgeProvider(FLEET, parseFleetProvider(FLEET, manifest), { secrets: reads, bounds }),
    )
    objects.push(...(await Promise.all(judged)).map(({ readiness }) => readiness))
  }
  const revision = hashParts(JSON.stringify(manifests))
  return { cluster: FLEET, revision, takenAt, manifests, objects }
}

/** What the readiness of an Alert depends on besides the Alert itself. */
interface AlertSurroundings {
  readonly cluster: string
  readonly providers: ReadonlyMap<string, ObjectReadiness>
  /** The valid Providers. */
  readonly compiled: ReadonlyMap<string, CompiledProvider>
  /** Why the messages of Providers are in no thread, by the Provider; nothing is known of those of the fleet. */
  readonly threadless: ReadonlyMap<string, string>
  /** What the Alerts before it have left of the budget. */
  readonly budget: AlertBudget
  readonly options: RouteOptions
}

function* judgeAlert(
  { cluster, providers, compiled, threadless, budget, options }: AlertSurroundings,
  manifest: KubernetesObject,
): Generator<void, ObjectReadiness> {
  const result = parseAlert(cluster, manifest)
  if (!('object' in result)) return invalid('Alert', result)
  const { metadata, spec } = result.object
  const alert = yield* compilingAlert(result.object, budget)
  const { problems, refusals, rules } = alert
  const route = routeOf(alert, { cluster, providers: compiled }, options)
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
    ...plainMessages(rules, threadless.get(providerName)),
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
  const isForOthers = compiled.sources.some((source) => {
    const namespaces = sourceNamespaces({ alert: compiled, source })
    return namespaces === 'all' || namespaces.some((name) => name !== namespace)
  })
  if (!isForOthers) return []
  return [
    `takes events of the namespace ${namespace} alone, as the option no-cross-namespace-refs has it`,
  ]
}

function byName(objects: readonly ObjectReadiness[]) {
  return objects.map((object) => [namespacedName(object), object] as const)
}

/** `earlier`: how many Silences of the set come before it. */
function silenceReadiness(
  cluster: string,
  manifest: KubernetesObject,
  earlier: number,
): ObjectReadiness {
  const result = parseSilence(cluster, manifest)
  if (!('object' in result)) return invalid('Silence', result)
  const { metadata } = result.object
  if (earlier >= MAX_SILENCES) {
    const message = `a cluster has at most ${MAX_SILENCES} Silences; this one has no effect`
    return { kind: 'Silence', ...named(metadata), ready: false, reason: 'TooManySilences', message }
  }
  const compiled = compileSilence(result.object)
  if ('errors' in compiled) return invalid('Silence', { ...metadata, errors: compiled.errors })
  return ready('Silence', metadata, ignoredFields(manifest.spec, SilenceSpec, 'spec'))
}
