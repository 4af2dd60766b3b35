import type { LedgerRecord } from '../model/delivery.ts'
import { type ExplainOptions, explainEvent } from '../pipeline/explain/explain.ts'
import { withRecords } from '../pipeline/explain/recorded.ts'
import type { Ports } from '../ports/ports.ts'
import { type Answer, jsonAnswer, problemAnswer } from './answer.ts'
import { type EventToFind, findEventRecords } from './event-records.ts'
import { problem } from './problem.ts'
import type { RulesReader } from './rules-of-then.ts'
import { withUnreadable } from './unreadable-verdicts.ts'

export interface EventPorts extends Pick<Ports, 'ledger' | 'configs' | 'secrets' | 'clock'> {
  readonly rules: RulesReader
}

const MAX_NAMED = 5

/**
 * Shows what became of one event for every Alert: 200, 404 without a record of it, or 400 when the id is
 * the beginning of several. What is recorded is as it is; what is not is worked out by the rules of then.
 * Rejects when a store fails.
 */
export async function showEvent(
  ports: EventPorts,
  filter: EventToFind,
  options: ExplainOptions,
): Promise<Answer> {
  const { records: found, unreadable } = await findEventRecords(ports, filter, options.pause)
  const [first] = found
  if (first === undefined) {
    const [lost] = unreadable
    const detail = lost
      ? `no record of an event ${filter.event} can be read; of that of delivery ${lost.id}: ${lost.reason}`
      : `there is no record of an event ${filter.event}, or no longer`
    return problemAnswer(problem('unknown-event', detail))
  }
  const ids = [...new Set(found.map(({ eventId }) => eventId))]
  if (ids.length > 1) {
    const named = ids.slice(0, MAX_NAMED).join(', ')
    const detail = `id: ${filter.event} is the beginning of several events: ${named}`
    return problemAnswer(problem('bad-parameter', detail))
  }
  return jsonAnswer(200, await explainRecorded(ports, first, found, options))
}

async function explainRecorded(
  ports: EventPorts,
  first: LedgerRecord,
  records: readonly LedgerRecord[],
  options: ExplainOptions,
) {
  const { cluster, eventId, acceptedAt, event, objectLabels } = first
  const rules = await ports.rules.of(records)
  const accepted = { id: eventId, cluster, group: '', event, objectLabels, acceptedAt }
  const verdicts =
    'missing' in rules
      ? withRecords([], records)
      : await withUnreadable(
          ports,
          rules.alerts,
          eventId,
          withRecords(await explainEvent(ports, rules, accepted, options), records),
        )
  const ofEvent = records.find(({ kind }) => kind === 'event')
  return {
    cluster,
    eventId,
    acceptedAt: new Date(acceptedAt).toISOString(),
    event,
    ...(objectLabels && { objectLabels }),
    ...('missing' in rules ? { incomplete: rules.missing } : { revision: rules.revision }),
    ...(ofEvent && { reason: ofEvent.status.reason }),
    verdicts,
  }
}
