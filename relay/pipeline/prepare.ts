import { CelError } from '../cel/cel-error.ts'
import { type Awaitable, whenThere } from '../model/awaitable.ts'
import type { EventOrder } from '../model/delivery.ts'
import type { Event, Labels } from '../model/event.ts'
import type { Provider } from '../model/provider.ts'
import type { Digest } from '../model/stored/group-message.ts'
import type { OutboundRequest, TransportOptions } from '../ports/http.ts'
import type { SecretStore } from '../ports/secret-store.ts'
import {
  isHttpProvider,
  type Notification,
  NotificationError,
  type ProviderType,
  type Subject,
} from '../providers/contract.ts'
import { commitPageOf } from '../providers/forges/commit-page.ts'
import { describeCut } from '../providers/messages/cut-text.ts'
import type { Thread } from '../providers/threads/threading.ts'
import { celVariables } from './cel-variables.ts'
import { answeredReason, isAboutCommits } from './commit-result.ts'
import type { LastTold } from './episodes/last-told.ts'
import { digestTexts } from './groups/digest-texts.ts'
import { type LastingFailure, withSince } from './lasting-failure.ts'
import type { Candidate } from './match.ts'
import { mergedEvent } from './merge-metadata.ts'
import { type ResolvedProvider, resolveProvider } from './resolve-provider.ts'
import { type RenderedIncident, renderIncident } from './rules/incident-rules.ts'
import { type MergedTexts, type RenderedTexts, renderTexts } from './rules/render-texts.ts'
import { ruleVariables } from './rules/rule-variables.ts'
import type { TryTime } from './try-time.ts'

export type MatchedCandidate = Extract<Candidate, { kind: 'matched' }>

/** A Notification, with all that is needed to deliver it. */
export interface Prepared {
  readonly kind: 'prepared'
  readonly notification: Notification
  readonly type: ProviderType
  readonly resolved: ResolvedProvider
  /** Empty for a type with a protocol of its own. */
  readonly requests: readonly OutboundRequest[]
  /** What a newer notification replaces, for the types that have such a thing. */
  readonly subject: Subject | undefined
  /**
   * The reason that the subject's current state must come from for this event to count; undefined
   * when any will do.
   */
  readonly answers: string | undefined
  readonly notes: readonly string[]
}

/**
 * `skipped`: the event is not for this type. `missing`: something may still come, so try again.
 * `invalid`: no try can succeed before a person acts.
 */
export interface Unprepared {
  readonly kind: 'skipped' | 'missing' | 'invalid'
  readonly reason: string
}

export interface PrepareInput {
  readonly cluster: string
  readonly deliveryId: string
  readonly event: Event
  /** Those of the event's object, for the texts of rules. */
  readonly objectLabels?: Labels | undefined
  readonly candidate: MatchedCandidate
  /** When this try is made, in milliseconds since the epoch. */
  readonly triedAt: number
  /** Bounds this try, in addition to the Provider's timeout. */
  readonly time: TryTime
  readonly late: boolean
  readonly overtaken: boolean
  /** What the Alert was last told about the object, if its texts ask for it. */
  readonly last?: LastTold | undefined
  /** What its message says instead, when it tells of a whole group. */
  readonly digest?: Digest | undefined
  /** The place of the event among others; absent where nothing is sent. */
  readonly order?: EventOrder | undefined
  /** Where people see this delivery in the relay's console, if that is known. */
  readonly deliveryPage?: string | undefined
  /** Present when it tells of a failure long after that began, since a rule wants it so. */
  readonly lasting?: LastingFailure | undefined
}

/**
 * Merges event and Alert, and resolves Provider and Secrets. `fresh` reads Secrets past the cache.
 * Rejects when the Secret store cannot be read.
 */
export function prepare(
  input: PrepareInput,
  secrets: SecretStore,
  options: { readonly fresh?: boolean } = {},
): Awaitable<Prepared | Unprepared> {
  const { cluster, event, candidate } = input
  const { alert, provider: compiled, type } = candidate
  const merging = mergedEvent(event, alert)
  // Before the Secret is read: an event that is none for the type waits for no Secret.
  const skipped = type.skipsMerged?.(merging.event)
  if (skipped !== undefined) return { kind: 'skipped', reason: skipped }
  const finding = resolveProvider(cluster, compiled.provider, type, secrets, options)
  return whenThere(finding, (found) =>
    found.kind === 'resolved' ? format(input, merging, found) : found,
  )
}

/** Formats the notification of an event that was merged, for its Provider. */
function format(
  input: PrepareInput,
  merging: ReturnType<typeof mergedEvent>,
  found: ResolvedProvider,
): Prepared | Unprepared {
  const { cluster, deliveryId, event, candidate, triedAt, late, overtaken, digest } = input
  const { alert, provider: compiled, type } = candidate
  const { provider } = compiled
  const { event: merged, conflicts } = merging
  const { transport } = found
  const resolved = { ...found, transport: { ...boundedBy(input.time, transport), cluster } }
  try {
    const { settings } = resolved
    const {
      notes: textNotes,
      link: ruleLink,
      thread: threadName,
      ...texts
    } = textsOf(merging, input)
    const said = { ...texts, event: withSince(texts.event, digest ? undefined : input.lasting) }
    const link = linkOf(ruleLink, input.deliveryPage, type)
    const thread = threadOf(threadName, type, settings, input.order)
    const commitPage = commitPageOf(merged, said.event)
    const { notes: incidentNotes, ...incident } = incidentOf(merged, input)
    const whole: Notification = {
      cluster,
      alert: alert.metadata,
      provider: provider.metadata,
      deliveryId,
      triedAt,
      late: late && !digest,
      overtaken: overtaken && !digest,
      commitStatusContext: isAboutCommits(type) ? contextOf(input, merged, type) : '',
      ...said,
      ...(link.url !== undefined && { link: link.url }),
      ...(commitPage !== undefined && { commitPage }),
      ...(thread !== undefined && { thread }),
      ...(digest && { ofGroup: true }),
      ...incident,
    }
    const fitting = type.fit?.(whole, settings) ?? said.event
    const notification = fitting === said.event ? whole : { ...whole, event: fitting }
    const requests = isHttpProvider(type) ? type.requests(notification, settings) : []
    const subject = type.subject?.(notification, settings)
    const answers = isAboutCommits(type) ? answeredReason(event) : undefined
    const cut = cutNotes(said.event, fitting, type)
    const notes = [
      ...(candidate.notes ?? []),
      ...conflicts,
      ...textNotes,
      ...link.notes,
      ...incidentNotes,
      ...cut,
    ]
    return { kind: 'prepared', notification, type, resolved, requests, subject, answers, notes }
  } catch (error) {
    return { kind: 'invalid', reason: resolved.redact(formatErrorText(error, type)) }
  }
}

/** The event with what the rules of its Alert and Provider make of it. */
function textsOf(
  merged: MergedTexts,
  { cluster, candidate, objectLabels, digest, last }: PrepareInput,
): RenderedTexts {
  if (digest) return digestTexts(merged, digest)
  const { texts, alert, provider } = candidate
  if (texts === undefined) return { event: merged.event, authored: merged.authored, notes: [] }
  const input = { event: merged.event, objectLabels, last }
  return renderTexts(merged, texts, ruleVariables(cluster, input, alert, provider.provider))
}

/** The thread of the notification, if its type has threads with these settings. */
function threadOf(
  name: string | undefined,
  { threading }: ProviderType,
  settings: unknown,
  order: EventOrder = '',
): Thread | undefined {
  if (name === undefined || threading === undefined) return undefined
  return threading.lacks?.(settings) === undefined ? { name, order } : undefined
}

/** The page that the notification leads to, as far as its type takes one. */
function linkOf(
  ruleLink: string | undefined,
  deliveryPage: string | undefined,
  type: ProviderType,
): { readonly url?: string | undefined; readonly notes: readonly string[] } {
  const { maxLinkLength = Number.POSITIVE_INFINITY } = type
  if (ruleLink !== undefined && ruleLink.length > maxLinkLength) {
    const note = `the rule link has no effect: ${type.type} takes at most ${maxLinkLength} characters`
    return { notes: [note] }
  }
  const url = ruleLink ?? (isAboutCommits(type) ? deliveryPage : undefined)
  return { url, notes: [] }
}

/** What the rules of its Alert and Provider say of the event's incident. */
function incidentOf(
  merged: Event,
  { cluster, candidate, objectLabels }: PrepareInput,
): RenderedIncident {
  const { incident, alert, provider } = candidate
  if (incident === undefined) return { notes: [] }
  const input = { event: merged, objectLabels }
  return renderIncident(incident, ruleVariables(cluster, input, alert, provider.provider))
}

/** The transport with the shorter of two timeouts: the Provider's own, or what the host allows. */
function boundedBy({ timeoutMs, boundBy }: TryTime, transport: TransportOptions): TransportOptions {
  return timeoutMs < transport.timeoutMs ? { ...transport, timeoutMs, boundBy } : transport
}

/** What a person who looks for the rest of a message at the destination must know. */
function cutNotes(whole: Event, fitting: Event, { type }: ProviderType): readonly string[] {
  const cut = describeCut(whole, fitting)
  return cut === '' ? [] : [`shortened to what ${type} accepts: ${cut}`]
}

/**
 * The reason why a notification could not be formatted. A bug in one type must not hold up the
 * others.
 */
function formatErrorText(error: unknown, { type }: ProviderType): string {
  if (error instanceof NotificationError || error instanceof CelError) return error.message
  return `the type ${type} could not format this event, which is a bug: ${String(error)}`
}

/**
 * The context of a commit status or the environment of a deployment: the result of the Provider's
 * expression, or the default without one.
 */
function contextOf(
  { cluster, candidate: { alert, provider: compiled } }: PrepareInput,
  event: Event,
  { family }: ProviderType,
): string {
  const { provider, contextExpression } = compiled
  if (!contextExpression) {
    return family === 'deployment'
      ? defaultEnvironment(cluster, event)
      : defaultContext(event, provider)
  }
  if ('error' in contextExpression) {
    throw new CelError(`commitStatusExpr: ${contextExpression.error}`)
  }
  const context = contextExpression.evaluate(celVariables(cluster, event, alert, provider))
  if (context === '') throw new CelError('commitStatusExpr: the expression gave an empty string')
  return context
}

/** An environment of its own for each object. Forges group environments by what is before a slash. */
function defaultEnvironment(cluster: string, { involvedObject }: Event): string {
  const { kind, namespace, name } = involvedObject
  return `${cluster}/${kind.toLowerCase()}/${namespace}/${name}`
}

/** Flux's default. */
function defaultContext({ involvedObject }: Event, { metadata }: Provider): string {
  const [uidStart] = metadata.uid.split('-', 1)
  return `${involvedObject.kind}/${involvedObject.name}/${uidStart}`.toLowerCase()
}
