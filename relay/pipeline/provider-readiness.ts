import type { ObjectReadiness } from '../model/config.ts'
import { fieldErrorText } from '../model/errors.ts'
import { RELAY_ANNOTATION_PREFIX } from '../model/kubernetes.ts'
import type { ParseResult } from '../model/parse-objects.ts'
import {
  DEFAULT_TIMEOUT_MS,
  MAX_TIMEOUT_MS,
  type Provider,
  ProviderSpec,
} from '../model/provider.ts'
import type { SecretStore } from '../ports/secret-store.ts'
import { annotationNames } from '../providers/messages/annotations.ts'
import { providerTypes, settingAnnotations } from '../providers/registry.ts'
import { ignoredFields, invalid, named, ready } from './readiness.ts'
import { resolveProvider } from './resolve-provider.ts'
import { type CompiledProvider, compileProvider } from './routing-table.ts'
import { lackOfThreads, plainMessages } from './rules/thread-rule.ts'
import { unknownType } from './unknown-type.ts'

/** The longest time of a try on a host, whatever a Provider says. Milliseconds. */
export interface TryBounds {
  /** The host, as a sentence names it: `on AWS`. */
  readonly where: string
  readonly firstTryMs: number
  readonly laterTryMs: number
}

/** A Provider that is judged, and its compiled form if it has one. */
export interface JudgedProvider {
  readonly readiness: ObjectReadiness
  readonly provider?: CompiledProvider
  /** Why its messages are in no thread, whatever a rule says. */
  readonly noThreads?: string
}

/** What the readiness of a Provider depends on beside itself. */
interface ProviderSurroundings {
  readonly secrets: SecretStore
  readonly bounds: TryBounds | undefined
}

/** Judges a Provider of a cluster, or of the fleet. Rejects when its Secrets cannot be read. */
export async function judgeProvider(
  cluster: string,
  result: ParseResult<Provider>,
  { secrets, bounds }: ProviderSurroundings,
): Promise<JudgedProvider> {
  if (!('object' in result)) return { readiness: invalid('Provider', result) }
  const { metadata } = result.object
  const provider = compileProvider(result.object)
  const { problem, noThreads } = await judgeSettings(cluster, provider, secrets)
  if (problem) {
    const readiness = { kind: 'Provider', ...named(metadata), ready: false, ...problem }
    return { readiness, provider }
  }
  const readiness = ready('Provider', metadata, [
    ...ignoredFields(result.object.manifest.spec, ProviderSpec, 'spec'),
    ...ignoredAnnotations(result.object),
    ...shortenedTimeout(result.object),
    ...(bounds ? boundedTimeout(result.object, bounds) : []),
    ...plainMessages(provider.rules, noThreads),
  ])
  return { readiness, provider, ...(noThreads !== undefined && { noThreads }) }
}

interface JudgedSettings extends Pick<JudgedProvider, 'noThreads'> {
  /** What keeps the Provider from being ready. */
  readonly problem?: Pick<ObjectReadiness, 'reason' | 'message'>
}

async function judgeSettings(
  cluster: string,
  compiled: CompiledProvider,
  secrets: SecretStore,
): Promise<JudgedSettings> {
  const { provider, type, contextExpression, rules } = compiled
  const notValid = (message: string) => ({ problem: { reason: 'ValidationFailed', message } })
  if (rules.errors.length > 0) {
    return notValid(rules.errors.map(fieldErrorText).join('; '))
  }
  if (!type) {
    return notValid(`spec.type: unknown type ${unknownType(provider.spec.type)}`)
  }
  if (contextExpression && 'error' in contextExpression) {
    return notValid(`spec.commitStatusExpr: ${contextExpression.error}`)
  }
  const resolve = (fresh: boolean) => resolveProvider(cluster, provider, type, secrets, { fresh })
  let resolved = await resolve(false)
  // The Secret may have come, or been mended, a moment ago.
  if (resolved.kind !== 'resolved') resolved = await resolve(true)
  if (resolved.kind === 'resolved') {
    const noThreads = lackOfThreads(type, resolved.settings)
    return noThreads === undefined ? {} : { noThreads }
  }
  const reason = resolved.kind === 'missing' ? 'SecretNotFound' : 'ValidationFailed'
  return { problem: { reason, message: resolved.reason } }
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
