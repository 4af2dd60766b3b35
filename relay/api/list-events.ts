import { isReminder, isTest, type LedgerRecord, outcomeOf, reachedBy } from '../model/delivery.ts'
import { objectName } from '../model/event.ts'
import { namespacedName } from '../model/kubernetes.ts'
import { type ExplainOptions, explainAlert } from '../pipeline/explain/explain.ts'
import { type EventVerdict, withRecords } from '../pipeline/explain/recorded.ts'
import { providerNameOf } from '../pipeline/provider-route.ts'
import { deliveryId } from '../pipeline/record.ts'
import { noPause, slicesOf } from '../pipeline/slices.ts'
import { InvalidCursor } from '../ports/ledger.ts'
import { type Answer, jsonAnswer, problemAnswer } from './answer.ts'
import { isEventMatch } from './delivery-match.ts'
import { BAD_CURSOR, pageCursor, readEventsQuery } from './delivery-query.ts'
import { badParameters } from './query-parameters.ts'
import type { EventPorts } from './show-event.ts'
import { unreadableVerdict } from './unreadable-verdicts.ts'

/**
 * Lists events, the latest first, with what is recorded of them: 200 `{events, nextCursor?, reachedTime?}`, or
 * 400 for a parameter that is unknown or bad. With `alert` each event has what became of it for that Alert:
 * what is recorded, or what follows from the rules of then. An event whose record names none has no such
 * verdict. With `provider` alone an event that has one record for all Alerts, such as a repeat, has what became
 * of it for the first Alert that leads to that Provider and takes the event. `limit` counts records. What
 * cannot be read tells of no event, and is counted. Rejects when a store fails.
 */
export async function listEvents(
  ports: EventPorts,
  parameters: Iterable<readonly [string, string]>,
  options: ExplainOptions,
): Promise<Answer> {
  const read = readEventsQuery(parameters, ports.clock.now())
  if ('problem' in read) return problemAnswer(read.problem)
  const { filter, match, limit, cursor, asOf } = read.query
  // The records of all Alerts tell what became of an event for one.
  const { alert, provider, ...wanted } = filter
  const verdictOf = (records: readonly LedgerRecord[]) => {
    if (alert !== undefined) return verdictFor(ports, alert, records, options)
    return provider === undefined ? undefined : verdictForAll(ports, provider, records, options)
  }
  try {
    const page = await ports.ledger.list(wanted, limit, cursor)
    const { nextCursor, reachedTime } = page
    const records = page.records.flatMap((it) =>
      it.kind === 'unreadable' || isTest(it) || !isEventMatch(it.event, match) ? [] : [it],
    )
    const events = []
    for (const own of Map.groupBy(records, ({ eventId }) => eventId).values()) {
      const verdict = await verdictOf(own)
      events.push({ ...eventView(own), ...(verdict && { verdict }) })
    }
    const unreadable = page.records.filter(({ kind }) => kind === 'unreadable').length
    return jsonAnswer(200, {
      events,
      ...(unreadable > 0 && { unreadable }),
      ...(nextCursor !== undefined && { nextCursor: pageCursor(nextCursor, asOf) }),
      ...(reachedTime !== undefined && { reachedTime: new Date(reachedTime).toISOString() }),
    })
  } catch (error) {
    if (error instanceof InvalidCursor) return problemAnswer(badParameters([BAD_CURSOR]))
    throw error
  }
}

function eventView(records: readonly LedgerRecord[]) {
  const [first] = records
  if (first === undefined) throw new Error('an event of a list has a record')
  const { eventId: id, cluster, acceptedAt, event, objectLabels } = first
  return {
    id,
    cluster,
    acceptedAt: new Date(acceptedAt).toISOString(),
    object: objectName(event.involvedObject),
    event,
    ...(objectLabels && { objectLabels }),
    outcomes: records.map(outcomeView),
  }
}

function outcomeView(record: LedgerRecord) {
  const { alert, provider } = reachedBy(record)
  return {
    delivery: record.id,
    ...(alert && { alert: { namespace: alert.namespace, name: alert.name } }),
    ...(provider && { provider: { namespace: provider.namespace, name: provider.name } }),
    outcome: outcomeOf(record),
    reason: record.status.reason,
  }
}

/** The verdict of an Alert by the rules of then; undefined when these are gone, or had no such Alert. */
async function verdictFor(
  ports: EventPorts,
  alert: string,
  records: readonly LedgerRecord[],
  options: ExplainOptions,
): Promise<EventVerdict | undefined> {
  const [first] = records
  const own = records.filter((it) => it.kind === 'event' || namespacedName(it.alert) === alert)
  const rules = await ports.rules.of(records)
  if (first === undefined || 'missing' in rules) return undefined
  const compiled = rules.alerts.get(alert)
  if (compiled === undefined) return undefined
  const judged = await explainAlert(ports, rules, acceptedIn(first), compiled, options)
  if (own.every(isReminder) && judged.outcome !== 'skipped') {
    // Its record may be on another page.
    const record = await ports.ledger.show(deliveryId(first.eventId, compiled.alert.metadata.uid))
    if (record?.kind === 'unreadable') {
      const [verdict] = withRecords([judged], [])
      return verdict && unreadableVerdict(verdict, record)
    }
    if (record) own.push(record)
  }
  return withRecords([judged], own).at(-1)
}

/** Alerts that are judged without a pause: some milliseconds of work. */
const SLICE = 20

/**
 * The verdict on an event that has one record for all Alerts, of the first Alert that leads to a Provider and
 * takes the event; undefined when there is none, or when the rules of then are gone.
 */
async function verdictForAll(
  ports: EventPorts,
  provider: string,
  records: readonly LedgerRecord[],
  options: ExplainOptions,
): Promise<EventVerdict | undefined> {
  const ofAll = records.find((it) => it.kind === 'event' && outcomeOf(it) !== 'skipped')
  if (ofAll === undefined) return undefined
  const rules = await ports.rules.of(records)
  if ('missing' in rules) return undefined
  const { pause = noPause } = options
  const leading = [...rules.alerts.values()].filter((it) => providerNameOf(it) === provider)
  for (const slice of slicesOf(leading, SLICE)) {
    await pause()
    for (const compiled of slice) {
      const judged = await explainAlert(ports, rules, acceptedIn(ofAll), compiled, options)
      if (judged.outcome !== 'skipped') return withRecords([judged], [ofAll]).at(-1)
    }
  }
  return undefined
}

/** The event of a record, as it was accepted. */
function acceptedIn({ eventId: id, cluster, event, objectLabels, acceptedAt }: LedgerRecord) {
  return { id, cluster, group: '', event, objectLabels, acceptedAt }
}
