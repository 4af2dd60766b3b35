import { PAGE_SIZE, type RelayClient } from '../../client/relay-client.ts'
import type { Delivery } from '../../relay/api/schemas/deliveries.ts'
import type { ListedEvent } from '../../relay/api/schemas/event-list.ts'
import { namespacedName } from '../../relay/model/kubernetes.ts'

/** What is looked for beside the deliveries that are recorded for an Alert, or to a Provider. */
export interface UnrecordedSelection {
  /** The parameters of `GET /v1/events`, with the Alert or the Provider. */
  readonly filters: Readonly<Record<string, string>>
  /** Which of what is found is wanted. */
  isWanted(delivery: Delivery): boolean
  readonly limit: number
  /** Most records that are looked at. */
  readonly mostRead: number
}

/** What became of events for an Alert or a Provider that have no record of its own. */
export interface Unrecorded {
  readonly deliveries: readonly Delivery[]
  /** How many events were looked at. */
  readonly events: number
  /** Up to when, where there are more of them. */
  readonly reachedTime: string | undefined
}

/**
 * Finds the events that an Alert did not take because of kind, namespace, name, label or severity, and those
 * that were a repeat for all, the latest first. No record is of this Alert: it is worked out by the rules of
 * then, and each row says so. For a Provider without an Alert it finds those that were a repeat for all.
 */
export async function unrecordedOf(
  api: Pick<RelayClient, 'eventPages'>,
  { filters, isWanted, limit, mostRead }: UnrecordedSelection,
): Promise<Unrecorded> {
  const found = new Map<string, Delivery>()
  const seen = new Set<string>()
  let read = 0
  for await (const { events, nextCursor, reachedTime } of api.eventPages(filters)) {
    for (const event of events) {
      seen.add(event.id)
      const delivery = rowOf(event)
      if (delivery && isWanted(delivery)) found.set(event.id, delivery)
    }
    read += PAGE_SIZE
    const isEnough = found.size >= limit || read >= mostRead
    if (isEnough && nextCursor !== undefined) {
      return { deliveries: [...found.values()], events: seen.size, reachedTime }
    }
  }
  return { deliveries: [...found.values()], events: seen.size, reachedTime: undefined }
}

/**
 * Undefined for an event of which the Alert has a record of its own, of which nothing is known, or which is
 * counted in another record.
 */
function rowOf(listed: ListedEvent): Delivery | undefined {
  const { id, cluster, acceptedAt, object, event, verdict, outcomes } = listed
  if (verdict === undefined || verdict.outcome === 'unrecorded') return undefined
  const { alert, provider, outcome, reason, recorded, delivery } = verdict
  const isOfAll = outcomes.some((it) => it.delivery === delivery && it.alert === undefined)
  if (recorded && !isOfAll) return undefined
  const about = { cluster, outcome, object, alert, acceptedAt, attempt: 0, tries: 0 }
  return {
    ...about,
    id: delivery ?? id,
    reason: recorded ? reason : `by the rules of then: ${reason}`,
    ...(provider?.type !== undefined && { provider: { ...provider, type: provider.type } }),
    eventId: id,
    event,
    ...(!recorded && { unrecorded: true as const }),
  }
}

/** The parameters of `GET /v1/events` among those of `GET /v1/deliveries`. */
export function eventFilters(
  filters: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const names = ['cluster', 'alert', 'provider', 'object', 'since', 'until']
  return Object.fromEntries(Object.entries(filters).filter(([name]) => names.includes(name)))
}

/** Whether a row is what the other parameters of `GET /v1/deliveries` ask for. */
export function isWanted(delivery: Delivery, filters: Readonly<Record<string, string>>): boolean {
  const { outcome, provider, event, reason, severity, text } = filters
  const of = (name: string) => String(Object(delivery.event)[name] ?? '').toLowerCase()
  const texts = [of('message'), delivery.reason.toLowerCase()]
  return (
    (outcome === undefined || outcome.split(',').includes(delivery.outcome)) &&
    (provider === undefined ||
      (delivery.provider !== undefined && namespacedName(delivery.provider) === provider)) &&
    (event === undefined || delivery.eventId?.startsWith(event) === true) &&
    (reason === undefined || of('reason') === reason.toLowerCase()) &&
    (severity === undefined || of('severity') === severity.toLowerCase()) &&
    (text === undefined || texts.some((it) => it.includes(text.toLowerCase())))
  )
}
