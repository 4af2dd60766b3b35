import { deliveriesPageUrl } from '../../model/public-url.ts'
import type { Digest } from '../../model/stored/group-message.ts'
import type { Member } from './member.ts'

/** How many objects a message names; the rest are counted. */
const MAX_NAMED_OBJECTS = 10

/** What a message depends on beside its deliveries. */
export interface DigestOptions {
  readonly cluster: string
  /** The Provider that they go to, as `namespace/name`. */
  readonly provider: string
  /** Where the relay's console is open to people; absent when it is not. */
  readonly publicUrl?: string | undefined
  /** Those of `lastOfNamed` of whose objects a newer event is known, which another message tells. */
  readonly overtaken?: ReadonlySet<Member>
}

/** The reason of a message whose events have different ones. */
const SEVERAL_REASONS = 'Grouped'

/** The events of one object, the oldest first. */
type History = readonly Member[]

/**
 * What one message says of the events of several deliveries, which are in the order of their events. Those
 * that still fail come first, then those that failed and recovered, then the others.
 */
export function digestOf(members: History, options: DigestOptions): Digest {
  const { overtaken } = options
  const histories = historiesOf(members)
  const bySeverity = countsBySeverity(members)
  const named = histories.slice(0, MAX_NAMED_OBJECTS)
  const more = histories.length - named.length
  const rest = more === 0 ? [] : [`and ${objects(more, 'more ')}: ${placeOf(members, options)}`]
  const title = `${events(members.length)} of ${objects(histories.length)}: ${bySeverity}`
  const lines = [
    // Every chat shows the title above.
    spanOf(members),
    ...statesOf(histories),
    ...named.map((history) => line(history, overtaken)),
    ...rest,
  ]
  const reasons = new Set(members.map(({ reason }) => reason))
  const failing = histories.some((history) => rank(history) === FAILING)
  return {
    title,
    text: lines.join('\n'),
    severity: failing ? 'error' : 'info',
    reason: reasons.size === 1 ? [...reasons].join() : SEVERAL_REASONS,
  }
}

/** The last delivery of each object that the message names. */
export function lastOfNamed(members: History): readonly Member[] {
  return historiesOf(members)
    .slice(0, MAX_NAMED_OBJECTS)
    .flatMap((history) => history.at(-1) ?? [])
}

/** The events of each object, in the order in which the message names the objects. */
function historiesOf(members: History): readonly History[] {
  const byObject = Map.groupBy(members, ({ object }) => object)
  return [...byObject.values()].toSorted((a, b) => rank(a) - rank(b))
}

const FAILING = 0
const RECOVERED = 1
const OTHER = 2

function rank(history: History): number {
  if (isFailure(history.at(-1))) return FAILING
  return history.some(isFailure) ? RECOVERED : OTHER
}

function isFailure(member: Member | undefined): boolean {
  return member?.severity === 'error'
}

/** How many objects still fail, and how many failed and recovered, where some failed. */
function statesOf(histories: readonly History[]): readonly string[] {
  const count = (wanted: number) => histories.filter((history) => rank(history) === wanted).length
  const failing = count(FAILING)
  const recovered = count(RECOVERED)
  if (failing + recovered === 0) return []
  const parts = [
    ...(failing > 0 ? [`${objects(failing)} failing`] : []),
    ...(recovered > 0 ? [`${objects(recovered)} failed and recovered`] : []),
  ]
  return [parts.join(', ')]
}

function countsBySeverity(members: History): string {
  const counts = new Map<string, number>()
  for (const { severity } of members) counts.set(severity, (counts.get(severity) ?? 0) + 1)
  return [...counts]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([severity, count]) => `${count} ${severity}`)
    .join(', ')
}

function line(history: History, overtaken: DigestOptions['overtaken']): string {
  const last = history.at(-1)
  if (last === undefined) return ''
  const state = rank(history) === RECOVERED ? 'failed and recovered: ' : ''
  const often = history.length === 1 ? '' : ` (${events(history.length)})`
  const mark = overtaken?.has(last) ? ' (a newer event of this object is known)' : ''
  return `${last.object}${often}: ${state}${last.said}${mark}`
}

/** From when to when the events were accepted, with the days if these differ. */
function spanOf(members: History): string {
  const { first, last } = acceptTimes(members)
  const [from = '', to = ''] = [first, last].map((time) => new Date(time).toISOString())
  const timeOf = (text: string) => text.slice(11, 19)
  const dayOf = (text: string) => text.slice(0, 10)
  if (dayOf(from) !== dayOf(to)) {
    return `From ${dayOf(from)} ${timeOf(from)} to ${dayOf(to)} ${timeOf(to)} UTC`
  }
  return timeOf(from) === timeOf(to)
    ? `At ${timeOf(from)} UTC`
    : `From ${timeOf(from)} to ${timeOf(to)} UTC`
}

/** Where the deliveries of the message, and little else, are listed: a page, or else a command. */
function placeOf(members: History, { cluster, provider, publicUrl }: DigestOptions): string {
  const { first, last } = acceptTimes(members)
  const since = new Date(first).toISOString()
  const until = new Date(last + 1).toISOString()
  if (publicUrl !== undefined)
    return deliveriesPageUrl(publicUrl, { cluster, provider, since, until })
  return `flux-relay get deliveries --cluster ${cluster} --provider ${provider} --since ${since} --until ${until}`
}

function acceptTimes(members: History): { readonly first: number; readonly last: number } {
  const times = members.map(({ acceptedAt }) => acceptedAt)
  return {
    first: times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    last: times.reduce((a, b) => Math.max(a, b), 0),
  }
}

function events(count: number): string {
  return `${count} ${count === 1 ? 'event' : 'events'}`
}

function objects(count: number, which = ''): string {
  return `${count} ${which}${count === 1 ? 'object' : 'objects'}`
}
