import type { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { namespacedName } from '../../relay/model/kubernetes.ts'
import { formatAge } from '../output/age.ts'
import { formatFields, formatSection } from '../output/fields.ts'
import { formatTable } from '../output/table.ts'

/** A delivery for people: what it is about, what became of it, and each of its latest tries. */
export function deliveryText(delivery: Delivery, now: number): string {
  const { event = {}, notes = [], dueAt, latencyMs } = delivery
  return [
    formatFields([
      ['Delivery', delivery.id],
      ['Event', delivery.eventId],
      ['Cluster', delivery.cluster],
      ['Object', delivery.object],
      ['Severity', textOf(event.severity)],
      ['Reason', textOf(event.reason)],
      ['Alert', delivery.alert && namespacedName(delivery.alert)],
      ['Provider', delivery.provider && providerText(delivery.provider)],
      ['Outcome', delivery.outcome],
      ['Why', delivery.reason],
      ['Accepted', `${delivery.acceptedAt} (${formatAge(delivery.acceptedAt, now)} ago)`],
      ['Delivered', latencyMs === undefined ? undefined : `after ${latencyMs} ms`],
      ['Next try', dueAt],
      ['Tries', delivery.unreadable ? undefined : delivery.tries],
      ['Repeats', delivery.repeats === 0 ? undefined : delivery.repeats],
      ['Told in', delivery.toldIn && toldText(delivery.id, delivery.toldIn)],
      ['Replayed', replaysText(delivery)],
      ['Dismissed', dismissalText(delivery)],
      ['Test', delivery.test && testedText(delivery.test)],
    ]),
    formatSection('Message', textOf(event.message)),
    formatSection('Metadata', recordText(event.metadata)),
    formatSection('Labels of the object', recordText(delivery.objectLabels)),
    formatSection('Notes', notes.join('\n')),
    formatSection('Latest tries', triesText(delivery)),
  ].join('')
}

function toldText(id: string, toldIn: string): string {
  return toldIn === id ? 'its own message, with others' : `the message of delivery ${toldIn}`
}

function testedText({ by }: NonNullable<Delivery['test']>): string {
  return by === undefined ? 'of the Provider, for somebody' : `of the Provider, for ${by}`
}

function replaysText({ replayedAt = [], replayedBy = [] }: Delivery): string {
  const people = new Map(replayedBy.map(({ at, by }) => [at, by]))
  return replayedAt.map((at) => (people.has(at) ? `${at} by ${people.get(at)}` : at)).join(', ')
}

function dismissalText({ dismissal }: Delivery): string | undefined {
  if (dismissal === undefined) return undefined
  const { at, by, comment } = dismissal
  const who = by === undefined ? at : `${at} by ${by}`
  return comment === undefined ? who : `${who}: ${comment}`
}

function providerText(provider: NonNullable<Delivery['provider']>): string {
  return `${namespacedName(provider)} (${provider.type})`
}

function triesText({ attempts = [] }: Delivery): string {
  if (attempts.length === 0) return ''
  return formatTable(
    ['TRY', 'TIME', 'TOOK', 'OUTCOME', 'STATUS', 'WHY', 'ANSWER'],
    attempts.map(({ attempt, startedAt, durationMs, outcome, status, reason, responseExcerpt }) => [
      ...[String(attempt), startedAt, `${Math.round(durationMs)} ms`, outcome],
      ...[status === undefined ? '' : String(status), reason, responseExcerpt ?? ''],
    ]),
  )
}

function recordText(values: unknown): string {
  return formatFields(Object.entries(Object(values)).map(([name, value]) => [name, String(value)]))
}

/** Of an event all but its object may be of any form. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
